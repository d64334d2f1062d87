import { choice } from "../ui/index";

const KEY = "theme";
const LOOKS = [
  ["auto", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;
type Look = (typeof LOOKS)[number][0];

/** The switch between the light look, the dark one, and the system's; remembered where the browser lets us. */
export function themeSwitch(): HTMLElement {
  const look = remembered();
  apply(look);
  return choice<Look>("Look", LOOKS, look, (chosen) => {
    apply(chosen);
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Storage is switched off: the look holds for this visit.
    }
  });
}

function remembered(): Look {
  try {
    const stored = localStorage.getItem(KEY);
    return LOOKS.find(([look]) => look === stored)?.[0] ?? "auto";
  } catch {
    return "auto";
  }
}

function apply(look: Look): void {
  document.documentElement.dataset.look = look;
}
