// json_query: JMESPath on data.

import type { Data, Value } from "../../core/value.ts";
import { OMIT } from "../../core/value.ts";
import { type Filter, filter } from "../evaluate/plugin.ts";
import { parsePath } from "../jmespath/parse.ts";
import { search } from "../jmespath/search.ts";
import { str } from "../python/text.ts";

export const QUERY_FILTERS: Readonly<Record<string, Filter>> = {
  json_query: filter("expr!", (value, { at: [path = ""] }, frame): Value => {
    const data = frame.machine.finish(value, frame.scope);
    return search(parsePath(str(path)), data === OMIT ? null : (data as Data));
  }),
};
