// What the chart uses of Plotly, and what pages/figures puts into a figure. A checker reads this; browsers never do.

declare namespace Plotly {
  /** Numbers as Python sends them: the bytes of an array, in base64. */
  interface Packed {
    dtype: "f4" | "f8" | "i1" | "i2" | "i4" | "u1" | "u2" | "u4";
    bdata: string;
  }

  type Font = { family?: string; size?: number; color?: string; weight?: number };
  type Colorscale = [stop: number, colour: string][];

  interface Title {
    text?: string;
    font?: Font;
    standoff?: number;
  }

  interface Axis {
    type?: "linear" | "log";
    title?: Title;
    visible?: boolean;
    range?: [number, number];
    autorange?: boolean | "reversed";
    exponentformat?: string;
    dtick?: number | string;
    nticks?: number;
    domain?: [number, number];
    tickfont?: Font;
    tickvals?: number[];
    ticktext?: string[];
    tickangle?: 0 | -45 | -90;
  }

  /** Whose ticks have words of their own: one for each place. Python gives those a range. */
  type NamedAxis = Axis & Required<Pick<Axis, "tickvals" | "ticktext" | "range">>;

  interface AnyTrace {
    name?: string;
    y?: Packed | number[];
    showlegend?: boolean;
    showscale?: boolean;
    colorbar?: { title?: Title };
    hovertemplate?: string;
    hovertemplatefallback?: string;
    texttemplate?: string;
    textfont?: Font;
    meta?: unknown;
  }

  interface OtherTrace extends AnyTrace {
    type: "scatter" | "scatter3d" | "image";
  }

  interface Bar extends AnyTrace {
    type: "bar";
    orientation?: "h" | "v";
    x: Packed | ArrayLike<unknown>;
    xaxis?: string;
    yaxis?: string;
    textposition?: string;
    textangle?: number;
  }

  interface Heatmap extends AnyTrace {
    type: "heatmap";
    z: Packed;
    zmin: number;
    zmax: number;
    colorscale: Colorscale;
    x0?: number;
    dx?: number;
    y0?: number;
    dy?: number;
    text?: string[][];
    meta: {
      rows: string[];
      columns: string[];
      logarithmic?: boolean;
      colorscale_on_dark?: Colorscale | null;
    };
    /** Made here, of `meta`: the names of the row and the column, the number, and the text in the cell. */
    customdata: Cell[][];
  }

  type Cell = [row: string, column: string, value: number | undefined, text: string | undefined];
  type Trace = OtherTrace | Bar | Heatmap;

  interface Annotation {
    name?: string;
    text: string;
    font?: Font;
  }

  interface Boxes {
    name: string;
    width: number;
    height: number;
  }

  interface Layout {
    [axis: `${"x" | "y"}axis${number}`]: Axis | undefined;
    xaxis: Axis;
    yaxis: Axis;
    scene?: { camera?: object };
    width?: number;
    height?: number;
    margin?: { l: number; r: number; t: number; b: number; pad?: number; autoexpand?: boolean };
    barmode?: string;
    bargap?: number;
    uniformtext?: { mode?: string; minsize?: number };
    showlegend?: boolean;
    dragmode?: false;
    legend?: object;
    paper_bgcolor?: string;
    annotations?: Annotation[];
    template?: { layout?: object; data?: object };
    /** Ours: Plotly hands it through. */
    meta?: {
      selected?: [row: number, column: number | null] | null;
      masked?: boolean;
      aspect?: number | null;
      narrowest?: number;
      least?: number;
      boxes?: Boxes;
    };
  }

  interface Figure {
    data: Trace[];
    layout: Layout;
  }

  interface Point {
    x: number | string;
    y: number | string;
    curveNumber: number;
    pointNumber: number | [row: number, column: number];
    customdata?: unknown;
    data: Trace;
  }

  /** A node that Plotly has drawn into. */
  interface Plot extends HTMLElement, Figure {
    layout: Layout & { width: number; height: number }; // dress() says how large
    _fullLayout: Layout;
    _fullData: { type: string; hoverinfo?: string }[];
    _hoverdata?: Point[];
    calcdata?: unknown[][];
    on(event: "plotly_click", heard: (event: { points: Point[] }) => void): void;
    on(event: "plotly_afterplot" | "plotly_hover", heard: () => void): void;
  }

  interface Icon {
    width: number;
    height: number;
    path: string;
  }

  interface Button {
    name: string;
    title: string;
    icon: Icon;
    attr?: string;
    val?: string;
    click(plot: Plot): void;
  }

  interface Config {
    displayModeBar: "hover" | false;
    displaylogo: boolean;
    showSendToCloud: boolean;
    modeBarButtons: Button[][];
    locale: string;
    locales: Record<string, { dictionary: Record<string, string>; format: object }>;
    responsive: boolean;
  }

  interface Picture {
    format: "svg";
    width?: number;
    height?: number;
    imageDataOnly: boolean;
  }

  interface Library {
    Fx: { hover(plot: Plot, places: { curveNumber: number; pointNumber: number | number[] }[]): void };
    Icons: Record<"camera" | "zoombox" | "home", Icon>;
    react(plot: HTMLElement, data: Trace[], layout: Layout, config: Config): Promise<Plot>;
    relayout(plot: Plot, change: Record<string, unknown>): Promise<Plot>;
    toImage(figure: Figure, picture: Picture): Promise<string>;
    purge(plot: HTMLElement): void;
  }
}

interface Window {
  Plotly?: Plotly.Library;
}
