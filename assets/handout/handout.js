for (const place of document.querySelectorAll(".chart")) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  for (const name of Object.keys(layout).filter((one) => /^[xy]axis/.test(one))) layout[name].automargin = true;
  Object.assign(layout, {
    width: 660,
    height: Number(place.dataset.height),
    paper_bgcolor: "#fff",
    plot_bgcolor: "#fff",
    font: { ...layout.font, family: "system-ui, sans-serif", size: 11, color: "#111" },
    separators: document.body.dataset.separators,
  });
  const config = { displaylogo: false, toImageButtonOptions: { format: "svg", scale: 2 } };
  Plotly.newPlot(place, data, layout, config);
}
