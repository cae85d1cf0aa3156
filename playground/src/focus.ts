/** Where the focus goes when what had it is gone. */

/**
 * Keeps the focus on the page: where an element that had it is taken away or hidden, it goes to the one that has the same id now, and else to `fallback`. A browser would leave it nowhere, and keys would mean something else.
 */
export function keepFocus(root: HTMLElement, fallback: () => HTMLElement): void {
  let focused: HTMLElement | undefined;
  root.addEventListener("focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  // Who points elsewhere has left it.
  document.addEventListener("pointerdown", () => (focused = undefined), { capture: true });
  const restore = (records: readonly MutationRecord[]): void => {
    if (!focused) return;
    // Most changes are words and figures. To ask whether something is seen lays out the page, so it is asked only of what may have been hidden.
    const concerns = ({ type, target }: MutationRecord): boolean => type === "attributes" && target.contains(focused!);
    if (focused.isConnected && !records.some(concerns)) return;
    // Browsers take it from what is hidden only when they draw.
    if (isThere(focused) || ![document.body, focused].includes(document.activeElement as HTMLElement)) return;
    const same = focused.id ? document.getElementById(focused.id) : null;
    focused = undefined;
    // Nothing moves under the eyes of who did not ask for it.
    (same && isThere(same) ? same : fallback()).focus({ preventScroll: true });
  };
  new MutationObserver(restore).observe(root, { childList: true, subtree: true, attributeFilter: ["hidden", "open"] });
}

const isThere = (element: HTMLElement): boolean => element.isConnected && element.getClientRects().length > 0;
