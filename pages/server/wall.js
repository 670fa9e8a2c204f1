// Runs before all other scripts: a window in presenter mode says so to a server that knows nothing of it (pages/ui/wall.py).
{
  const wall = sessionStorage.getItem("glassbox wall");
  const here = new URL(location.href);
  here.searchParams.set("wall", wall ?? "");
  if (wall) history.replaceState(history.state, "", here);
}
