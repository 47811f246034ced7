// `npm run conformance:record -- [playbooks|template|modules] …`: runs the reference and writes down what it does.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { recordModules } from "./modules/record.ts";
import { recordPlaybooks } from "./record-playbooks.ts";
import { referenceRoot } from "./reference.ts";

const [kind, ...args] = process.argv.slice(2);
if (kind === undefined || kind === "playbooks") await recordPlaybooks(referenceRoot(), args);
if (kind === undefined || kind === "modules") await recordModules(referenceRoot(), args);
// Expressions have a recorder of their own, which stands beside its data.
const template = join(import.meta.dirname, "template", "record.ts");
if ((kind === undefined || kind === "template") && existsSync(template)) await import(pathToFileURL(template).href);
