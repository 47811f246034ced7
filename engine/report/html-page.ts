// The look of the HTML report and the little program in it: search, and results by status. No outside files.

export const STYLE = `
:root{color-scheme:light dark;--ok:#2e7d32;--changed:#b26a00;--failed:#c62828;--unreachable:#c62828;--skipped:#00838f;--undecided:#8e24aa;--line:#8884}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1100px;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem;border-bottom:1px solid var(--line)}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.ok{color:var(--ok)}.changed{color:var(--changed)}.failed{color:var(--failed)}.unreachable{color:var(--unreachable)}.skipped{color:var(--skipped)}.undecided{color:var(--undecided)}
details{border-bottom:1px solid var(--line);padding:.2rem 0}summary{cursor:pointer}
.faint{opacity:.65}pre{overflow:auto;background:#8881;padding:.5rem;margin:.3rem 0;white-space:pre-wrap;word-break:break-word}
.added{color:var(--ok)}.removed{color:var(--failed)}.hunk{color:var(--skipped)}
#tools{position:sticky;top:0;background:Canvas;padding:.5rem 0;z-index:1}
input[type=search]{font:inherit;width:20rem;max-width:60%}label{margin-left:.7rem;white-space:nowrap}
.bar{position:relative;height:1rem;background:#8881;margin:.1rem 0}.bar i{position:absolute;top:0;bottom:0;min-width:1px;background:currentColor}
.lane{display:grid;grid-template-columns:12rem 1fr;gap:.6rem;align-items:center;font-size:.85rem}
.lane span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
`;

export const SCRIPT = `
const box=document.getElementById('search'),checks=[...document.querySelectorAll('#tools input[type=checkbox]')];
function show(){const words=box.value.toLowerCase().split(/\\s+/).filter(Boolean),on=new Set(checks.filter(c=>c.checked).map(c=>c.value));
for(const task of document.querySelectorAll('.task')){let any=false;for(const row of task.querySelectorAll('.result')){
const text=(task.dataset.name+' '+row.textContent).toLowerCase(),fits=on.has(row.dataset.status)&&words.every(w=>text.includes(w));row.hidden=!fits;any=any||fits}task.hidden=!any}}
box.addEventListener('input',show);for(const c of checks)c.addEventListener('change',show);show();
`;

/** Text made safe inside HTML. */
export function escapeHtml(text: string): string {
  const table: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => table[character] ?? character);
}
