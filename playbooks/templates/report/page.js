// Unpacks the plotting library and the figures, draws each figure when it comes into view, and again in other colours
// when the scheme changes. Nothing is fetched from anywhere.
"use strict";
(async () => {
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const places = [...document.querySelectorAll(".figure")];
  // What a link leads to is open
  const reveal = () => {
    const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (part && part.tagName === "DETAILS") part.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  // On paper everything is open, unless that were too much of it
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    if (places.length <= 200) opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
  if (places.length === 0) {
    document.body.dataset.state = "ready";
    return;
  }
  const figures = JSON.parse(await unpack("figures"));
  const script = document.createElement("script");
  script.textContent = await unpack("library");
  document.head.append(script);

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const scheme = () => {
    const axis = { gridcolor: colour("--line"), linecolor: colour("--line") };
    return {
      layout: {
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: colour("--ink"), size: 12, family: getComputedStyle(document.body).fontFamily },
        hoverlabel: { bgcolor: colour("--tint"), font: { color: colour("--ink") } },
        xaxis: axis,
        yaxis: axis,
      },
    };
  };
  const config = { displayModeBar: false, responsive: true, scrollZoom: false };
  const draw = (place, width) => {
    const { data, layout } = figures[Number(place.dataset.figure)];
    place.dataset.drawn = "yes";
    return Plotly.react(place, data, { ...layout, dragmode: false, template: scheme(), width }, config);
  };
  const again = (width) => {
    for (const place of places) if (place.dataset.drawn) draw(place, width);
  };

  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting && !target.dataset.drawn) draw(target);
    }
  }, { rootMargin: "400px" });
  places.forEach((place) => watcher.observe(place));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => again());
  // On paper all figures are drawn, in light colours and as wide as the paper
  addEventListener("beforeprint", () => {
    places.forEach((place) => { if (places.length <= 200 || place.dataset.drawn) draw(place, 680); });
  });
  addEventListener("afterprint", () => again());
  document.body.dataset.state = "ready";
})();
