/** Leaving: quickly and without a trace, or warned when answers would be lost. */

/**
 * @param {{hasSomethingToLose: () => boolean, forget: () => void, depth: () => number}} session depth: steps that the
 *   browser's "back" would go through.
 */
export function setUpLeaving({ hasSomethingToLose, forget, depth }) {
  let isLeaving = false;
  const exit = document.getElementById("exit");
  exit?.addEventListener("click", (event) => {
    event.preventDefault();
    isLeaving = true;
    const steps = depth();
    forget();
    document.body.hidden = true;
    leave(exit.href, steps);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && hasSomethingToLose()) event.preventDefault();
  });
  // A page that the browser kept for "back" begins anew: whoever comes next sees no answer.
  window.addEventListener("pagehide", (event) => event.persisted && forget());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/** Back to our first entry before it is replaced, so that "back" on the other page finds none of ours. */
function leave(address, steps) {
  const replace = () => location.replace(address);
  if (steps === 0) {
    replace();
    return;
  }
  window.addEventListener("popstate", replace, { once: true });
  history.go(-steps);
  setTimeout(replace, 200); // whatever the browser does with its history
}
