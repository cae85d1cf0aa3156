/** Elements of the page, in short. */

type Child = Node | string | null | undefined | false;

/** Attributes; a function is a listener of the event after `on`, `true` an attribute without a value, and false, null and undefined leave one out. */
type Attributes = Readonly<Record<string, string | number | boolean | null | undefined | ((event: Event) => unknown)>>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, `${value}`);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return element;
}

/** One of several names, as a list that opens. @param names what each is called; languages are in their own */
export function choice<T extends string>(
  id: string,
  label: string,
  names: Readonly<Record<T, string>>,
  chosen: T,
  choose: (name: T) => void,
): HTMLSelectElement {
  const options = Object.entries<string>(names).map(([value, text]) =>
    h("option", { value, selected: value === chosen, lang: id === "language" ? value : null }, text),
  );
  return h(
    "select",
    { id, "aria-label": label, onchange: ({ currentTarget }) => choose((currentTarget as HTMLSelectElement).value as T) },
    ...options,
  );
}

/** Writes text only where it is another, so that nothing is laid out, or read aloud, for nothing. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that can be told to do nothing, by `setEnabled`. */
export function button(name: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const press = (): void => {
    if (element.ariaDisabled !== "true") act();
  };
  const element: HTMLButtonElement = h("button", { type: "button", ...attributes, onclick: press }, name);
  return element;
}

/** Unlike one that is `disabled`, a button keeps the focus that it has. */
export const setEnabled = (element: HTMLButtonElement, enabled: boolean): void => element.setAttribute("aria-disabled", `${!enabled}`);

/** Words with what is to stand in them: `{name}`. */
export const filled = (words: string, values: Readonly<Record<string, string | number>>): string =>
  words.replace(/\{(\w+)\}/g, (whole, name: string) => `${values[name] ?? whole}`);
