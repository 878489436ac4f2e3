import { createRequire } from "node:module";

// The packages may be elsewhere, where NODE_PATH says; only `require` looks there.
const require = createRequire(import.meta.url);
const js = require("@eslint/js");
const globals = require("globals");

export default [
  js.configs.recommended,
  {
    rules: {
      "array-callback-return": "error",
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-duplicate-imports": "error",
      "no-implicit-globals": "error",
      "no-restricted-syntax": ["error", { selector: "ImportExpression", message: "Modules are joined: import at the top." }],
      "no-shadow": "error",
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  { files: ["notebook_chat/panel/front/*.js"], languageOptions: { globals: globals.browser } },
  {
    files: ["notebook_chat/panel/front/*.js"],
    ignores: ["notebook_chat/panel/front/page.js"],
    rules: {
      // What a model wrote becomes HTML in one place only, which is given nothing that the kernel has not sanitized.
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property })),
        // Of what is in a shadow root the document knows only the host: focusedIn knows better.
        { object: "document", property: "activeElement" },
      ],
    },
  },
  { files: ["tests/panel/front/*.js"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
];
