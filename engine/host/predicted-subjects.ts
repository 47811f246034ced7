// Whether a reading command asks about something that was predicted: then only the real run can answer it.

import { isUnknown, Undecided } from "../core/unknown.ts";
import type { RunRequest, Subject } from "./host.ts";
import { nameOf, type Overlay, tidy } from "./predicted-overlay.ts";
import { ComesWithPackage, packageBringingUnit } from "./predicted-packages.ts";
import type { Predictions } from "./prediction.ts";

/** Folders of unit files. */
const UNIT_FOLDERS = /^\/(etc|run|lib|usr\/lib|usr\/local\/lib)\/systemd\/system\//;

/** Throws Undecided if the command is about something predicted. */
export function checkSubjects(request: RunRequest, predictions: Predictions, overlay: Overlay): void {
  for (const subject of request.about ?? []) {
    const reason = reasonFor(subject, predictions, overlay);
    if (reason instanceof Undecided) throw reason;
    if (reason !== undefined) throw new Undecided(reason);
  }
}

function reasonFor(subject: Subject, predictions: Predictions, overlay: Overlay): string | Undecided | undefined {
  switch (subject.kind) {
    case "path":
      return pathReason(tidy(subject.path), overlay);
    case "unit":
      return unitReason(subject.name, predictions, overlay);
    case "mount": {
      const path = tidy(subject.path);
      return predictions.of("mount").some((mount) => tidy(mount.path) === path)
        ? `the mount ${path} is changed by an earlier task`
        : undefined;
    }
    case "hostname":
      return predictions.of("hostname").length > 0 ? "the host's name is changed by an earlier task" : undefined;
    case "apt-cache":
      return predictions.of("apt-cache").length > 0 ? "the package lists are changed by an earlier task" : undefined;
    default: {
      const { kind, name } = subject;
      const predicted: readonly { readonly name: string }[] = predictions.of(kind);
      return predicted.some((prediction) => prediction.name === name)
        ? `the ${TITLES[kind]} ${name} is changed by an earlier task`
        : undefined;
    }
  }
}

const TITLES: Readonly<Record<string, string>> = {
  package: "package",
  user: "user",
  group: "group",
  module: "kernel module",
  sysctl: "kernel parameter",
};

function pathReason(path: string, overlay: Overlay): string | Undecided | undefined {
  const { entry, hidden, unknown } = overlay.look(path);
  if (unknown) return new Undecided(unknown);
  if (entry && isUnknown(entry.type)) return new Undecided(entry.type);
  if (entry || hidden) return `${path} is changed by an earlier task`;
  const [inner] = overlay.below(path);
  return inner ? `${inner[0]} is changed by an earlier task` : undefined;
}

function unitReason(name: string, predictions: Predictions, overlay: Overlay): string | Undecided | undefined {
  const unit = /\.\w+$/.test(name) ? name : `${name}.service`;
  const isSame = (other: string): boolean => other === name || other === unit || `${other}.service` === unit;
  if (predictions.of("unit").some((prediction) => isSame(prediction.name)))
    return `the unit ${name} is changed by an earlier task`;
  for (const [path] of overlay.all())
    if (UNIT_FOLDERS.test(path) && (nameOf(path) === unit || path.includes(`/${unit}.d/`)))
      return `the unit file ${path} is changed by an earlier task`;
  const bringing = packageBringingUnit(unit, predictions);
  return bringing === undefined ? undefined : new ComesWithPackage(bringing, `the unit ${name}`);
}
