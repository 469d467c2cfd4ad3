import fc from 'fast-check';
import nunjucks from 'nunjucks';
import { describe, expect, it } from 'vitest';
import { compileTemplate, isEscapedName, type TemplateOptions } from '../../src/template/safe-template.ts';

const render = (source: string, context: Readonly<Record<string, unknown>> = {}, options: Partial<TemplateOptions> = {}): string =>
  compileTemplate(source, { name: 'page', ...options }).render(context);
const fault = (source: string, context: Readonly<Record<string, unknown>> = {}, options: Partial<TemplateOptions> = {}): string => {
  try {
    return `NO ERROR: ${render(source, context, options)}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error object';
  }
};

const CONTEXT = {
  a: 1,
  b: 2.5,
  name: 'Silver',
  text: 'one two  three',
  html: '<b>"x" & \'y\'</b>',
  none: null,
  yes: true,
  no: false,
  list: [3, 1, 2],
  empty: [],
  words: ['b', 'a', 'c'],
  map: { k1: 'v1', k2: 'v2' },
  rows: [
    { n: 'x', v: 1 },
    { n: 'y', v: 2 },
    { n: 'x', v: 3 },
  ],
  deep: { a: { b: [10, 20] } },
};

/** Templates whose meaning is that of nunjucks itself, which renders them for comparison. */
const SAME = [
  'plain text',
  '{{ a }} {{ b }} {{ name }}',
  '{{ a + b * 2 - 1 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 10 }} {{ -a }} {{ 1 / 4 }}',
  '{{ name ~ a ~ "!" }}',
  '{{ deep.a.b[1] }} {{ deep["a"]["b"][0] }} {{ rows[1].n }}',
  '{{ "x" + 1 }} {{ 1 + "x" }}',
  '{{ "yes" if a == 1 else "no" }}|{{ "x" if no }}|',
  '{% if no %}1{% elif a > 0 and b < 3 %}2{% else %}3{% endif %}',
  '{% for x in list %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}',
  '{% for x in empty %}x{% else %}none{% endfor %}',
  '{% for k, v in map %}{{ k }}={{ v }};{% endfor %}',
  '{% for p, q in [[1, 2], [3, 4]] %}{{ p }}-{{ q }} {% endfor %}',
  '{% set x = 5 %}{% for i in list %}{% set x = x + i %}{% endfor %}{{ x }}',
  '{% for i in list %}{% set y = i %}{% endfor %}{% if true %}{% set z = 9 %}{% endif %}{{ z }}',
  '{% macro m(p, q=3) %}[{{ p }},{{ q }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(p=7, q=8) }}',
  '{% macro wrap() %}<{{ caller() }}>{% endmacro %}{% call wrap() %}in{% endcall %}',
  '{% set block %}<i>{{ a }}</i>{% endset %}{{ block }}',
  '{% filter upper %}shout {{ name }}{% endfilter %}',
  '{% switch name %}{% case "Gold" %}g{% case "Silver" %}s{% default %}d{% endswitch %}',
  '{% switch name %}{% case "Gold" %}g{% default %}d{% endswitch %}',
  '{%- if yes -%}   tight   {%- endif -%}',
  'a {# comment #} b',
  '{% raw %}{{ a }}{% endraw %}',
  '{{ 3 in list }} {{ "k1" in map }} {{ "il" in name }} {{ 9 not in list }}',
  '{{ a == 1 }} {{ a === 1 }} {{ "1" == 1 }} {{ a != 2 }} {{ 1 < 2 }} {{ "a" < "b" }}',
  '{{ missing is defined }} {{ a is defined }} {{ none is none }} {{ a is odd }} {{ 4 is divisibleby(2) }} {{ "A" is upper }}',
  '{{ no or "other" }} {{ yes and "both" }} {{ not no }}',
  '{{ name | upper }} {{ name | lower }} {{ text | title }} {{ "  x " | trim }} {{ "hELLO" | capitalize }}',
  '{{ list | sort | join("-") }} {{ words | sort | join }} {{ list | sort(true) | join(",") }} {{ rows | sort(false, false, "n") | join(",", "v") }}',
  '{{ list | length }} {{ map | length }} {{ text | length }} {{ list | first }} {{ list | last }} {{ list | sum }} {{ rows | sum("v") }}',
  '{{ 2.567 | round(2) }} {{ 2.1 | round(0, "ceil") }} {{ -3 | abs }} {{ "3.9" | int }} {{ "3.9" | float }} {{ "x" | int(7) }}',
  '{{ html | escape }} {{ html | e | e }} {{ html | safe }} {{ html | forceescape }}',
  '{{ "a-b-c" | replace("-", "+") }} {{ "abc" | reverse }} {{ list | reverse | join("") }}',
  '{{ missing | default("d") }} {{ none | default("d") }} {{ "" | default("d", true) }} {{ a | d("x") }}',
  '{{ "l1\nl2" | indent(2) }} {{ "l1\nl2" | indent(2, true) }}',
  '{% for k, items in rows | groupby("n") %}{{ k }}:{{ items | length }} {% endfor %}',
  '{% for row in list | batch(2) %}{{ row | join("") }}/{% endfor %}',
  '{{ text | wordcount }} {{ "a b&c" | urlencode }}',
  '{{ range(3) | join }} {{ range(1, 7, 2) | join(",") }} {{ [1, [2, 3]][1][0] }} {{ {x: 1, "y": 2}.y }} {{ (1, 2)[1] if false }}',
  '{{ rows | selectattr("v") | length }}',
];

describe('compileTemplate()', () => {
  it.each([false, true])('renders what nunjucks renders (autoescape %s)', (isEscaped) => {
    const oracle = new nunjucks.Environment(null, { autoescape: isEscaped });
    for (const source of SAME) expect(render(source, CONTEXT, { isEscaped }), source).toBe(oracle.renderString(source, CONTEXT));
  });

  it('renders random expressions as nunjucks does', () => {
    const oracle = new nunjucks.Environment(null, { autoescape: false });
    const leaf = fc.constantFrom('a', 'b', 'name', 'list[0]', 'deep.a.b[0]', '1', '0', '"t"', 'true', 'rows[1].v', 'text');
    const expression = fc.letrec<{ e: string }>((tie) => ({
      e: fc.oneof({ maxDepth: 4, depthSize: 'small' }, leaf,
        fc.tuple(tie('e'), fc.constantFrom('~', '==', '!=', 'and', 'or'), tie('e')).map(([l, o, r]) => `(${l} ${o} ${r})`),
        tie('e').map((inner) => `(not ${inner})`), fc.tuple(tie('e'), tie('e'), tie('e')).map(([x, y, z]) => `(${x} if ${y} else ${z})`),
        tie('e').map((inner) => `(${inner} | string | upper)`), tie('e').map((inner) => `[${inner}, 1][0]`)),
    })).e;
    fc.assert(fc.property(expression, (text) => {
      const source = `{{ ${text} }}{% if ${text} %}y{% else %}n{% endif %}`;
      expect(render(source, CONTEXT), source).toBe(oracle.renderString(source, CONTEXT));
    }), { numRuns: 300 });
  });

  it('takes named arguments as the examples of resource documents give them', () => {
    const rows = [{ name: 'DO', unit: 'mg/L', n: 2 }, { name: 'pH', unit: 'pH', n: 1 }, { name: 'DO', unit: 'mg/L', n: 3 }];
    const source =
      '{% for key, fields in group(by="name", in=schema.fields) %}{{ key }} ({{ fields[0].unit }}){% if fields | length == 1 %} one{% endif %};{% endfor %}';
    expect(render(source, { schema: { fields: rows } })).toBe('DO (mg/L);pH (pH) one;');
  });

  it('escapes what is printed for browsers, once', () => {
    const macro = '{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m("<") }}{{ "<" }}{{ "<" | safe }}{{ "<" | escape }}';
    expect(render(macro, {}, { isEscaped: true })).toBe('<i>&lt;</i>&lt;<&lt;');
    expect(['a.html', 'a.xml', 'a.svg', 'A.HTM', 'a.md', 'a.html.md', 'a.txt', 'a.csv'].map(isEscapedName))
      .toEqual([true, true, true, true, false, false, false, false]);
  });

  it('JSON cannot end a script element', () => {
    expect(render('<script>x = {{ x | dump | safe }}</script>', { x: '</script><!--\u2028' }, { isEscaped: true }))
      .toBe('<script>x = "\\u003c/script\\u003e\\u003c!--\\u2028"</script>');
  });

  it('dates and numbers', () => {
    const at = { t: '2024-02-29T23:30:05.250Z', s: 1709249405, u: 1709249405250000n, d: '2024-03-31', n: -1234567.891 };
    expect(render('{{ t | date("%Y-%m-%d %H:%M:%S.%L %j %a %B %e %I%p %z %%") }}', at)).toBe(
      '2024-02-29 23:30:05.250 060 Thu February 29 11PM +0000 %',
    );
    expect(render('{{ s | date("%F %T") }}|{{ u | date("%s") }}|{{ d | date }}|{{ d | date(format="%A", zone="UTC") }}', at)).toBe(
      '2024-02-29 23:30:05|1709249405|2024-03-31|Sunday',
    );
    expect(render('{{ t | date("%F %T %z %Z", "Europe/Berlin") }} {{ "2024-07-01 12:00" | date("%T", "America/New_York") }}', at)).toBe(
      '2024-03-01 00:30:05 +0100 +01:00 08:00:00',
    );
    expect(render('{{ n | number(2) }} {{ n | number(1, ",") }} {{ 5 | number }} {{ (10 ** 21) | number(0) }}', at)).toBe(
      '-1234567.89 -1,234,567.9 5 1e+21',
    );
    expect(fault('{{ "yesterday" | date }}')).toContain('"yesterday" is no time');
    expect(fault('{{ t | date("%Q") }}', at)).toContain('"%Q" is not known in a format of dates');
    expect(fault('{{ t | date("%F", "Mars/Base") }}', at)).toContain('"Mars/Base" is no time zone');
  });

  it.each([
    ['{{ missing }}', 'line 1: "missing" is not defined'],
    ['a\n\n{{ map.nothing }}', 'line 3: it has no "nothing"'],
    ['{% if missing %}x{% endif %}', '"missing" is not defined'],
    ['{% for x in missing %}{% endfor %}', '"missing" is not defined'],
    ['{{ list[9] }}', 'it has no "9"'],
    ['{{ missing.deeper is defined }}{{ map.nothing.deeper }}', 'it has no "nothing"'],
    ['{{ map }}', 'a mapping was to be printed, a text or a number was wanted'],
    ['{{ name | nofilter }}', 'there is no filter "nofilter", one of abs,'],
    ['{{ a is strange }}', 'there is no test "strange"'],
    ['{{ nofunction(1) }}', '"nofunction" is called, a macro or one of group, range, throw was wanted'],
    ['{{ list | sum("x.y") }}', 'something undefined was given, a number was wanted'],
    ['{{ name - 1 }}', 'a text was given, a number was wanted'],
    ['{% if a %}', 'parseIf: expected elif, else, or endif'],
    ['{{ a b }}', 'line 1: expected variable end'],
    ['{% wrong %}', 'unknown block tag: wrong'],
    ['{{ "x', ''],
    ['{% macro m(x) %}{% endmacro %}{{ m(1, 2) }}', 'a macro was given too many values, x was wanted'],
    ['{{ throw(message="stop here") }}', 'line 1: stop here'],
  ])('%j is an error', (source, message) => {
    const said = fault(source, CONTEXT);
    expect(said).toMatch(/^FactoryError: Cannot (render|read the template) "page": /);
    expect(said).toContain(message);
  });

  it('looks for what may be missing without an error only where it is asked for', () => {
    expect(
      render('{{ missing is defined }} {{ missing.deep.er is undefined }} {{ map.k9 | default("none") }} {{ (missing) | d(1) }}', CONTEXT),
    ).toBe('false true none 1');
  });
});

/** Each of them reaches the host, its functions or its prototypes in nunjucks, or would in templates of its kin. */
const ESCAPES = [
  '{{ "".constructor }}',
  '{{ "".constructor.constructor("return process")() }}',
  '{{ range.constructor("return global.process.pid")() }}',
  '{{ [].constructor }}',
  '{{ {}.constructor }}',
  '{{ map.constructor }}',
  '{{ map.__proto__ }}',
  '{{ map["__proto__"] }}',
  '{{ map["const" ~ "ructor"] }}',
  '{{ list["push"](1) }}',
  '{{ list.map }}',
  '{{ name.toString.constructor }}',
  '{{ name.replace("S", "x") }}',
  '{{ a.constructor }}',
  '{{ a.toFixed(2) }}',
  '{{ yes.valueOf }}',
  '{{ map.hasOwnProperty("x") }}',
  '{{ map.toString() }}',
  '{{ range.name }}',
  '{{ range.call }}',
  '{{ range["caller"] }}',
  '{{ range.prototype }}',
  '{{ group.constructor }}',
  '{% macro m() %}{% endmacro %}{{ m.constructor }}',
  '{% macro m() %}{% endmacro %}{{ m.bind }}',
  '{% macro m() %}{{ caller.constructor("return 1")() }}{% endmacro %}{% call m() %}x{% endcall %}',
  '{{ loop }}',
  '{% for x in list %}{{ loop.constructor }}{% endfor %}',
  '{{ this }}',
  '{{ self }}',
  '{{ context }}',
  '{{ env }}',
  '{{ runtime }}',
  '{{ frame }}',
  '{{ cb }}',
  '{{ global }}',
  '{{ globalThis }}',
  '{{ process }}',
  '{{ process.env.HOME }}',
  '{{ require("fs") }}',
  '{{ module }}',
  '{{ Function("return 1")() }}',
  '{{ eval("1") }}',
  '{{ import("fs") }}',
  '{{ cycler.constructor("return process")() }}',
  '{{ joiner(",").constructor }}',
  '{% include "/etc/passwd" %}',
  '{% include "../../../../etc/passwd" %}',
  '{% import "/etc/passwd" as p %}',
  '{% from "/etc/passwd" import root %}',
  '{% extends "/etc/passwd" %}',
  '{% block b %}x{% endblock %}{{ super() }}',
  '{{ list | sort(false, false, "constructor.name") }}',
  '{{ rows | groupby("constructor.name") }}',
  '{{ rows | groupby("__proto__") }}',
  '{{ rows | join(",", "constructor") }}',
  '{{ rows | sum("constructor.length") }}',
  '{{ rows | map("constructor") }}',
  '{{ name | attr("constructor") }}',
  '{{ "x" | constructor }}',
  '{{ "x" | __proto__ }}',
  '{{ "x" | toString }}',
  '{{ 1 is constructor }}',
  '{{ 1 is __proto__ }}',
  '{{ constructor }}',
  '{{ __proto__ }}',
  '{{ hasOwnProperty("a") }}',
  '{{ toString() }}',
  '{{ valueOf() }}',
  '{{ __defineGetter__("x", range) }}',
  '{{ r/(a+)+$/ }}',
  '{{ r/x/.constructor }}',
  '{% asyncEach x in list %}{% endeach %}',
  '{% asyncAll x in list %}{% endall %}',
  '{% ifAsync a %}{% endif %}',
  '{{ a");process.exit(1);(" }}',
  '{{ a"&Function`process\\x2eexit\\x281\\x29```&"b }}',
  '{% set a"+globalThis+" = 1 %}{{ x }}',
  '{% macro f(a;x`1`) %}{% endmacro %}{{ f.constructor }}',
  '{% set __proto__ = 5 %}{{ {}.polluted }}',
  '{% for __proto__ in [{polluted: 1}] %}{{ polluted }}{% endfor %}',
  '{% for constructor, x in {a: 1} %}{{ constructor.constructor }}{% endfor %}',
];

describe('a template cannot leave its place', () => {
  it.each(ESCAPES)('%s', (source) => {
    expect(fault(source, CONTEXT)).toMatch(/^FactoryError: Cannot (render|read the template) "page": /);
  });

  it('whatever it is called with, no prototype is changed', () => {
    const before = JSON.stringify([Object.getOwnPropertyNames(Object.prototype), Object.getOwnPropertyNames(Function.prototype)]);
    for (const source of [
      '{% set __proto__ = {polluted: 1} %}',
      '{{ {"__proto__": {polluted: 1} } | dump }}',
      '{% set constructor = 1 %}{{ constructor }}',
      '{% macro m(__proto__) %}{% endmacro %}{{ m(__proto__={polluted: 1}) }}',
    ])
      render(source);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(JSON.stringify([Object.getOwnPropertyNames(Object.prototype), Object.getOwnPropertyNames(Function.prototype)])).toBe(before);
    expect(render('{{ {"__proto__": 5, "constructor": 6}["__proto__"] }}{% set o = {"constructor": 6} %}{{ o.constructor }}')).toBe('56');
  });

  it('values that are no plain data have no members', () => {
    class Secret { readonly key = 'hidden'; static made = 1; }
    const context = {
      s: new Secret(),
      date: new Date(0),
      map: new Map([['k', 1]]),
      error: new Error('no'),
      buffer: Buffer.from('x'),
      f: (): string => 'called',
      get: Secret,
    };
    for (const source of [
      '{{ s.key }}',
      '{{ date.getTime() }}',
      '{{ map.size }}',
      '{{ error.stack }}',
      '{{ buffer[0] }}',
      '{{ get.made }}',
      '{{ get.name }}',
      '{% for x in map %}{% endfor %}',
    ]) {
      expect(fault(source, context), source).toMatch(/^FactoryError: Cannot render/);
    }
  });

  it.each([
    ['nested loops', '{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}'],
    ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['macros that call each other twice', '{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}'],
    ['a text that doubles', '{% set t = "xxxxxxxxxxxxxxxx" %}{% for i in range(60) %}{% set t = t ~ t %}{% endfor %}{{ t | length }}'],
    ['a list that doubles', '{% set t = [1] %}{% for i in range(60) %}{% set t = [t, t] %}{% endfor %}{{ t | dump }}'],
    ['a great range', '{{ range(1e12) | length }}'],
    ['a range without an end', '{{ range(0, 10, 0) }}'],
    ['a range of infinity', '{{ range(1e400) | length }}'],
    ['a long indent', '{{ "a\nb" | indent(1e9) | replace("a", "b") | length }}{% for i in range(1e7) %}{% endfor %}'],
    ['a replacement that multiplies', '{% set t = range(3000) | join("x") %}{{ t | replace("x", t) | replace("x", t) | length }}'],
    ['a join that multiplies', '{% set t = range(90000) | join("x") %}{{ range(9000) | join(t) | length }}'],
    [
      'much work on long texts',
      '{% set t = range(500000) | join("x") %}{% for i in range(100000) %}{% set u = t | upper | lower | replace("X", "y") %}{% endfor %}',
    ],
    [
      'many comparisons of long texts',
      '{% set t = range(900000) | join("x") %}{% for i in range(1000000) %}{% if (t ~ i) in t %}{% endif %}{% endfor %}',
    ],
    ['deep nesting of brackets', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`],
    ['deep nesting of tags', `${'{% if true %}'.repeat(20_000)}x${'{% endif %}'.repeat(20_000)}`],
  ])('%s ends soon, with an error', (_name, source) => {
    const begun = process.cpuUsage();
    expect(fault(source)).toMatch(/^FactoryError: Cannot (render|read the template) "page": /);
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(10);
  });

  it('includes what is handed in and nothing else', () => {
    const parts: Readonly<Record<string, string>> = { head: '<h1>{{ title }}</h1>', again: '{% include "again" %}' };
    const include = (name: string): string | undefined => (Object.hasOwn(parts, name) ? parts[name] : undefined);
    expect(render('{% set title = "T" %}{% include "head" %}{% include "none" ignore missing %}', {}, { include })).toBe('<h1>T</h1>');
    expect(fault('{% include "constructor" %}', {}, { include })).toContain('there is no template "constructor" to include');
    expect(fault('{% include "again" %}', {}, { include })).toContain('more than 100 macros and includes are in each other');
  });

  it('random texts never do anything but render or fail as they should', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      ' a ',
      ' for x in list ',
      ' endfor ',
      ' if ',
      ' endif ',
      'constructor',
      '__proto__',
      '.',
      '[',
      ']',
      '(',
      ')',
      '"',
      "'",
      '`',
      '|',
      ' upper ',
      ' set ',
      '=',
      ' macro m(x) ',
      ' endmacro ',
      ' call m() ',
      ' endcall ',
      ' include ',
      ' else ',
      '~',
      '**',
      '{#',
      '#}',
      ';',
      '\\',
      'r/',
      '${',
      '\n',
      ' is ',
      ' in ',
      ' not ',
      ',',
      ':',
      '{',
      '}',
      ' switch ',
      ' case ',
      ' endswitch ',
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const said = fault(pieces.join(''), CONTEXT);
      expect(said).toMatch(/^(NO ERROR|FactoryError: Cannot (render|read the template) "page": )/);
    }), { numRuns: 1000 });
  });
});
