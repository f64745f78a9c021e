(function () {
  "use strict";
  const library = window.LightweightCharts;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const boxes = Array.from(document.querySelectorAll("[data-chart]"));
  const drawn = new Map();
  const REACH = 0.6; // how far beyond the candles a level may stretch the picture
  const LABELS = 58; // pixels
  const EDGE = 22; // of minutes, before the first: half the time under it, half its arrow; pixels
  const LETTERS = 12; // height of those of marks, pixels
  const BLANK = "\u00a0";
  const pen = document.createElement("canvas").getContext("2d");
  const APART = 16; // candles between anchors whose names would lie upon each other
  const DAYS = [["3m", 63], ["6m", 126], ["1y", 252]];

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function element(tag, kind, words) {
    const made = document.createElement(tag);
    made.className = kind;
    if (words !== undefined) made.textContent = words;
    return made;
  }

  function time(data, n) {
    const at = data.t[n];
    return data.minutes ? Date.parse(at.slice(0, 16) + ":00Z") / 1000 : at;
  }

  function price(value) {
    return value.toFixed(Math.abs(value) < 1 ? 4 : 2);
  }

  function shares(value) {
    if (value >= 1e6) return (value / 1e6).toFixed(2) + "M";
    return value >= 1e3 ? (value / 1e3).toFixed(0) + "k" : String(value);
  }

  // The colour of a line: averages of one chart differ, so that each is told from the other.
  function hue(data, line) {
    if (line.tone !== "average") return line.tone;
    return "average-" + (data.lines.filter((each) => each.tone === "average").indexOf(line) % 3);
  }

  function stroke(tone) {
    const solid = library.LineStyle.Solid;
    if (tone === "competitor") return { lineWidth: 1, lineStyle: library.LineStyle.Dotted };
    return { lineWidth: tone === "winner" ? 3 : 2, lineStyle: solid };
  }

  function look() {
    return {
      layout: {
        background: { type: "solid", color: colour("paper") },
        textColor: colour("soft"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        attributionLogo: true,
      },
      grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
      rightPriceScale: { borderColor: colour("line"), scaleMargins: { top: 0.08, bottom: 0.22 } },
      timeScale: { borderColor: colour("line") },
    };
  }

  function candleLook() {
    const up = colour("up"), down = colour("down");
    return { upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false };
  }

  function stretched(data) {
    return function (original) {
      const found = original();
      if (!found || !found.priceRange) return found;
      let low = found.priceRange.minValue, high = found.priceRange.maxValue;
      const reach = (high - low) * REACH, least = low - reach, most = high + reach;
      for (const level of data.levels) {
        if (level.price < least || level.price > most) continue;
        low = Math.min(low, level.price);
        high = Math.max(high, level.price);
      }
      return { priceRange: { minValue: low, maxValue: high }, margins: found.margins };
    };
  }

  function draw(box) {
    if (box.dataset.state) return;
    try {
      const source = document.querySelector('script[data-of="' + CSS.escape(box.dataset.chart) + '"]');
      drawn.set(box, picture(box, JSON.parse(source.textContent)));
      box.dataset.state = "drawn";
    } catch (error) {
      box.dataset.state = "failed";
      box.textContent = "This chart could not be drawn: " + error.message;
    }
  }

  function picture(box, data) {
    const least = Math.min.apply(null, data.l);
    const digits = Math.abs(least) < 1 ? 4 : 2;
    const chart = library.createChart(box, Object.assign(look(), {
      width: box.clientWidth,
      height: box.clientHeight,
      localization: { locale: "en-US", dateFormat: "yyyy-MM-dd" },
      handleScroll: { mouseWheel: false, vertTouchDrag: false },
      handleScale: { mouseWheel: false },
      crosshair: { mode: library.CrosshairMode.Normal },
    }));
    chart.timeScale().applyOptions({
      timeVisible: data.minutes, secondsVisible: false, rightOffset: 3, minBarSpacing: 0.2,
      lockVisibleTimeRangeOnResize: true,
    });
    const shown = { chart: chart, data: data, lines: [], levels: [] };
    shown.volume = chart.addSeries(library.HistogramSeries, {
      priceScaleId: "volume", priceFormat: { type: "volume" }, color: colour("volume"),
      lastValueVisible: false, priceLineVisible: false,
    });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    shown.volume.setData(data.t.map((_, n) => ({ time: time(data, n), value: data.v[n] })));
    for (const line of data.lines) shown.lines.push(addLine(chart, data, line));
    shown.candles = chart.addSeries(library.CandlestickSeries, Object.assign(candleLook(), {
      priceLineVisible: false,
      autoscaleInfoProvider: stretched(data),
      priceFormat: { type: "price", precision: digits, minMove: Math.pow(10, -digits) },
    }));
    shown.candles.setData(data.t.map((_, n) => ({
      time: time(data, n), open: data.o[n], high: data.h[n], low: data.l[n], close: data.c[n],
    })));
    for (const level of data.levels) shown.levels.push(shown.candles.createPriceLine(levelLook(level)));
    shown.marks = library.createSeriesMarkers(shown.candles, []);
    above(box, shown);
    reach(shown, first(box, data));
    return shown;
  }

  function addLine(chart, data, line) {
    const series = chart.addSeries(library.LineSeries, Object.assign(stroke(line.tone), {
      color: colour(hue(data, line)), lastValueVisible: false, priceLineVisible: false,
      crosshairMarkerVisible: false, autoscaleInfoProvider: () => null,
    }));
    series.setData(line.values.map(function (value, n) {
      const at = { time: time(data, line.from + n) };
      if (value !== null) at.value = value;
      return at;
    }));
    return series;
  }

  function levelLook(level) {
    return {
      price: level.price, title: level.name, color: colour(level.tone), lineWidth: 1,
      lineStyle: level.tone === "entry" ? library.LineStyle.Solid : library.LineStyle.Dashed,
      axisLabelVisible: true,
    };
  }

  function marks(shown) {
    const data = shown.data;
    let last = -Infinity, above = false;
    return data.marks.map(function (mark) {
      const anchor = mark.tone === "anchor", arrow = mark.above ? "arrowDown" : "arrowUp";
      if (anchor) {
        above = mark.n - last < APART ? !above : mark.above;
        last = mark.n;
      }
      return {
        time: time(data, mark.n),
        position: (anchor ? above : mark.above) ? "aboveBar" : "belowBar",
        shape: anchor ? "circle" : arrow,
        color: colour(mark.tone),
        text: whole(shown, mark),
      };
    });
  }

  function above(box, shown) {
    const line = element("div", "above"), readout = element("span", "readout");
    readout.textContent = reading(shown.data, shown.data.t.length - 1);
    line.append(readout);
    for (const each of shown.data.lines) {
      line.append(key(each.name, hue(shown.data, each), each.tone === "competitor" ? "dotted" : ""));
    }
    shown.beyond = shown.data.levels.map(function (each) {
      return key(each.name + " " + price(each.price) + " (not in the picture)", each.tone, "dashed");
    });
    line.append.apply(line, shown.beyond);
    if (!shown.data.minutes && shown.data.t.length > DAYS[0][1]) line.append(ranges(shown));
    box.before(line);
    shown.chart.subscribeCrosshairMove(function (at) {
      const n = at.time === undefined ? shown.data.t.length - 1 : Math.round(at.logical);
      readout.textContent = reading(shown.data, Math.max(0, Math.min(n, shown.data.t.length - 1)));
    });
  }

  function key(words, tone, kind) {
    const made = element("span", "swatch " + kind, words);
    made.style.setProperty("--tone", "var(--" + tone + ")");
    return made;
  }

  function reading(data, n) {
    return data.t[n].replace("T", " ") + "  O " + price(data.o[n]) + "  H " + price(data.h[n]) +
      "  L " + price(data.l[n]) + "  C " + price(data.c[n]) + "  V " + shares(data.v[n]);
  }

  function ranges(shown) {
    const line = element("span", "ranges");
    for (const [words, count] of DAYS) {
      const button = element("button", "", words);
      button.type = "button";
      button.dataset.count = String(count);
      button.addEventListener("click", () => reach(shown, count));
      line.append(button);
    }
    shown.ranges = line;
    return line;
  }

  // As many candles as are readable at this width, but never fewer than back to the last anchor.
  function first(box, data) {
    if (data.minutes) return data.t.length;
    const anchors = data.marks.filter((mark) => mark.tone === "anchor").map((mark) => mark.n);
    const back = anchors.length ? data.t.length - Math.max.apply(null, anchors) + 5 : 0;
    const wanted = Math.max(box.clientWidth / 6.5, back);
    for (const [, count] of DAYS) if (wanted <= count * 1.15) return count;
    return DAYS[DAYS.length - 1][1];
  }

  function reach(shown, count) {
    const last = shown.data.t.length - 1, width = shown.chart.timeScale().width() || 1;
    const labels = shown.data.levels.length ? LABELS : 8; // what names of levels cover at the right
    const room = Math.max(width - labels, labels), held = Math.min(count, last + 1);
    const edge = shown.data.minutes ? EDGE : 0;
    const scale = held / Math.max(room - edge, labels); // candles a pixel
    shown.count = count;
    shown.chart.timeScale().setVisibleLogicalRange({
      from: Math.max(0, last - count + 1) - 0.5 - edge * scale,
      to: last + 0.5 + labels * scale,
    });
    for (const button of shown.ranges ? shown.ranges.children : []) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.count) === count));
    }
    requestAnimationFrame(function () {
      tellBeyond(shown);
      shown.marks.setMarkers(marks(shown));
    });
  }

  // The words of a mark stand in its middle: blanks on one side move those that an edge would cut.
  function whole(shown, mark) {
    const at = shown.chart.timeScale().timeToCoordinate(time(shown.data, mark.n));
    if (at === null) return mark.text;
    pen.font = LETTERS + "px " + shown.chart.options().layout.fontFamily;
    const half = pen.measureText(mark.text).width / 2 + 2, blank = pen.measureText(BLANK).width / 2;
    const before = Math.ceil((half - at) / blank);
    const after = Math.ceil((at + half - shown.chart.timeScale().width()) / blank);
    return BLANK.repeat(Math.max(0, before)) + mark.text + BLANK.repeat(before > 0 ? 0 : Math.max(0, after));
  }

  function tellBeyond(shown) {
    const height = shown.chart.panes()[0].getHeight();
    shown.data.levels.forEach(function (level, n) {
      const y = shown.candles.priceToCoordinate(level.price);
      shown.beyond[n].hidden = y !== null && y >= 0 && y <= height;
    });
  }

  function repaint(shown) {
    shown.chart.applyOptions(look());
    shown.candles.applyOptions(candleLook());
    shown.volume.applyOptions({ color: colour("volume") });
    shown.lines.forEach((line, n) => line.applyOptions({ color: colour(hue(shown.data, shown.data.lines[n])) }));
    shown.levels.forEach((level, n) => level.applyOptions({ color: colour(shown.data.levels[n].tone) }));
    shown.marks.setMarkers(marks(shown));
  }

  function resize(box) {
    const shown = drawn.get(box);
    if (!shown || !box.clientWidth) return;
    shown.chart.resize(box.clientWidth, box.clientHeight);
    reach(shown, shown.count);
  }

  // On paper a picture of each chart stands for it, in the colours of paper and as wide as the page.
  function toPaper() {
    document.documentElement.classList.add("paper");
    for (const box of boxes) {
      draw(box);
      const shown = drawn.get(box);
      if (!shown) continue;
      repaint(shown);
      const print = shown.chart.takeScreenshot();
      print.removeAttribute("style");
      print.className = "print";
      box.append(print);
      box.classList.add("printed");
    }
  }

  function fromPaper() {
    document.documentElement.classList.remove("paper");
    for (const box of boxes) {
      box.classList.remove("printed");
      for (const print of box.querySelectorAll(".print")) print.remove();
    }
    drawn.forEach(repaint);
  }

  const near = new IntersectionObserver(function (seen) {
    for (const each of seen) if (each.isIntersecting) { near.unobserve(each.target); draw(each.target); }
  }, { rootMargin: "400px" });
  const sizes = new ResizeObserver((changed) => changed.forEach((each) => resize(each.target)));
  for (const box of boxes) { near.observe(box); sizes.observe(box); }
  dark.addEventListener("change", () => drawn.forEach(repaint));
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", fromPaper);
})();
