import { h } from "../ui/index";
import type { Room } from "./page";

export interface Door {
  /** Its name in the address: `#/NAME`. */
  name: string;
  title: string;
  open: () => Room;
}

/** Shows the room that the address names, opened when it is first asked for; rooms out of sight keep their state. */
export function startRouter(tabs: HTMLElement, place: HTMLElement, doors: readonly Door[]): void {
  const rooms = new Map<string, Room>();
  const links = doors.map(({ name, title }) => h("a", { href: `#/${name}` }, title));
  tabs.append(...links);
  let current: Room | null = null;
  const go = () => {
    const [, name, ...rest] = location.hash.split("/");
    const index = Math.max(
      0,
      doors.findIndex((door) => door.name === name),
    );
    const door = doors[index];
    const room = rooms.get(door.name) ?? door.open();
    rooms.set(door.name, room);
    for (const [i, link] of links.entries()) {
      if (i === index) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${door.title} · nsrm-webgpu`;
    if (room !== current) {
      current?.hide?.();
      current = room;
      place.replaceChildren(room.element);
    }
    room.show?.(rest.join("/"));
  };
  addEventListener("hashchange", go);
  go();
}
