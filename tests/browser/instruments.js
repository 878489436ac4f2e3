// Runs in every notebook page of the tests before anything else: it finds the notebook, drives it, and measures.
(() => {
  if (window !== window.top) return;

  const epoch = (at = performance.now()) => (Date.now() - performance.now() + at) / 1000;
  const log = { longTasks: [], shifts: [], samples: [], commands: [] };
  let pending = 0;
  let sampling = false;
  const settling = {};
  const seen = {};

  const observers = [
    ["longtask", (e) => log.longTasks.push([epoch(e.startTime), e.duration / 1000])],
    ["layout-shift", (e) => e.hadRecentInput || log.shifts.push([epoch(e.startTime), e.value])],
  ].map(([type, take]) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type });
    return () => observer.takeRecords().forEach(take);
  });

  const panel = () => {
    for (const widget of window.jupyterapp?.shell.widgets("main") ?? []) {
      if (widget.context?.path?.endsWith(".ipynb") && widget.content?.widgets) return widget;
    }
    return null;
  };
  const kernel = () => panel()?.sessionContext.session?.kernel;
  const codeCells = () => panel().content.widgets.filter((cell) => cell.model.type === "code");
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

  const settle = async (quiet, image) => {
    await new Promise((resolve) => {
      const done = () => {
        observer.disconnect();
        resolve();
      };
      let timer = setTimeout(done, quiet);
      const observer = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(done, quiet);
      });
      const everything = { childList: true, subtree: true, attributes: true, characterData: true };
      observer.observe(document.documentElement, everything);
    });
    await nextFrame();
    await new Promise((resolve) => {
      const last = new Image();
      last.onload = last.onerror = resolve;
      last.src = image;
    });
  };

  const sample = (selector) => {
    if (!sampling) return;
    const scroller = document.querySelector(".jp-WindowedPanel-outer");
    const anchor = selector ? document.querySelector(selector) : null;
    const top = scroller ? scroller.scrollTop : 0;
    const anchorTop = anchor ? anchor.getBoundingClientRect().top : null;
    const last = log.samples.at(-1);
    if (!last || last[1] !== top || last[2] !== anchorTop) log.samples.push([epoch(), top, anchorTop]);
    requestAnimationFrame(() => sample(selector));
  };

  window.__instruments = {
    // The notebook is on screen and its kernel is connected; a kernel that computes counts as connected.
    ready() {
      const session = panel()?.sessionContext;
      if (!session?.isReady || kernel()?.connectionStatus !== "connected") return false;
      if (!this.listening) {
        this.listening = true;
        window.jupyterapp.commands.commandExecuted.connect((_, { id }) => log.commands.push(id));
      }
      return kernel().status !== "unknown" && document.querySelector(".jp-Notebook .jp-Cell") !== null;
    },

    // "idle" once nothing that was started here is under way, no cell waits or runs, and the kernel says it is
    // idle; "gone" if this is no page of a front end.
    idle() {
      if (document.readyState === "complete" && !document.querySelector("#jupyter-config-data")) return "gone";
      return (
        pending === 0 &&
        kernel()?.status === "idle" &&
        codeCells().every((cell) => cell.model.executionState !== "running") &&
        "idle"
      );
    },

    // What `idle` waits for, for the error of a wait that was in vain.
    state: () => ({
      pending,
      kernel: kernel()?.status ?? null,
      connection: kernel()?.connectionStatus ?? null,
      running: codeCells().flatMap((cell, at) => (cell.model.executionState === "running" ? [at] : [])),
    }),

    start(command, args) {
      pending += 1;
      window.jupyterapp.commands.execute(command, args).catch(() => {}).then(() => (pending -= 1));
    },

    activate(index) {
      window.jupyterapp.shell.activateById(panel().id);
      panel().content.activeCellIndex = index;
      panel().content.deselectAll();
    },

    cells() {
      return panel().content.widgets.map(({ model }) => ({
        id: model.id,
        type: model.type,
        state: model.executionState ?? null,
        count: model.executionCount ?? null,
        trusted: model.trusted,
      }));
    },

    // Another notebook in this page, as if it had been loaded for it. JupyterLab puts a launcher where no document
    // is; Notebook opens documents elsewhere unless told that there is none beside it.
    async open(path, address) {
      const { commands, serviceManager, shell } = window.jupyterapp;
      await serviceManager.kernelspecs.refreshSpecs();
      history.replaceState(null, "", address);
      const opened = await commands.execute("docmanager:open", { path, options: { ref: "_noref" } });
      for (const widget of [...shell.widgets("main")]) {
        if (widget !== opened && !widget.contains(opened)) widget.dispose();
      }
      log.commands.length = 0;
    },

    // Closes what is open; whether the page is then as one that has just been loaded. A save that is under way
    // would find its notebook gone, and say so in a dialog.
    async leave() {
      const { shell } = window.jupyterapp;
      await panel()?.context.save();
      for (const widget of [...shell.widgets("main")]) widget.dispose();
      document.activeElement?.blur();
      return !document.querySelector(".jp-Dialog, .lm-Menu");
    },

    panel,
    commands: () => log.commands.slice(),
    restartKernel: () => kernel().restart(),
    save: () => panel().context.save(),
    dirty: () => panel().context.model.dirty,

    // True once the page has not changed for `quiet` milliseconds, what that led to is painted, and an image
    // asked for after all else has been answered. The first call with a key starts it.
    settled(key, quiet, image) {
      if (!(key in settling)) {
        settling[key] = false;
        settle(quiet, image).then(() => (settling[key] = true));
      }
      return settling[key];
    },

    // Has each output that is not hidden on screen for two frames, together with those that fit beneath it.
    async scrollThrough() {
      let bottom = -Infinity;
      for (const output of document.querySelectorAll(".jp-OutputArea-child")) {
        if (output.offsetParent === null || output.getBoundingClientRect().bottom <= bottom) continue;
        output.scrollIntoView({ block: "start" });
        bottom = document.querySelector(".jp-WindowedPanel-outer")?.getBoundingClientRect().bottom ?? bottom;
        await nextFrame();
        await nextFrame();
      }
    },

    showOutputs(shown) {
      for (const area of document.querySelectorAll(".jp-Cell-outputArea")) area.style.display = shown ? "" : "none";
    },

    // From now on notes the first frame that has the text on screen in an output of the cell.
    watch(key, index, text) {
      const look = async () => {
        const cell = document.querySelectorAll(".jp-Notebook .jp-Cell")[index];
        if (cell?.querySelector(".jp-Cell-outputArea")?.textContent.includes(text)) {
          await nextFrame();
          seen[key] = epoch();
        } else {
          requestAnimationFrame(look);
        }
      };
      look();
    },

    // Seconds since 1970 at that frame; null before it.
    seen: (key) => seen[key] ?? null,

    startMeasuring(selector) {
      observers.forEach((drain) => drain());
      for (const name of ["longTasks", "shifts", "samples"]) log[name].length = 0;
      sampling = true;
      sample(selector);
    },

    async stopMeasuring() {
      sampling = false;
      await nextFrame();
      observers.forEach((drain) => drain());
      return { longTasks: log.longTasks, shifts: log.shifts, samples: log.samples };
    },
  };
})();
