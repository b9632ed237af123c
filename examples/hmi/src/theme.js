// Runs before the first paint, so that a chosen theme does not flash; the toggle is in src/shell.ts.
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem('vscp-panel.theme') ?? '""');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the system's theme applies.
  }
})();
