// How Streamlit calls a component: its default export is a function of these.

interface Mount<Data> {
  data: Data;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: unknown): void;
}
