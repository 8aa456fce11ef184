// The rules for the HTML of every page; what is off or milder has its reason beside it.
import { defineConfig } from "html-validate";

export default defineConfig({
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y", "html-validate:document"],
  rules: {
    // HTML does not mind; ours is small throughout.
    "doctype-style": ["error", { style: "lowercase" }],
    // The style sheets come from the portal itself, under a name made of their content.
    "require-sri": ["error", { target: "crossorigin" }],
    // A summary of problems, with a heading of its own, stands before the page's h1.
    "heading-level": ["error", { minInitialRank: "h2" }],
    // Lists are named by the heading above them, as ARIA has it.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    // The tick boxes of one question share a name, as radio buttons do.
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }],
    // Safari forgets what a list or a table is when a style sheet changes its look.
    "no-redundant-role": "off",
    "prefer-native-element": ["error", { exclude: ["list", "listitem"] }],
    // The style sheet keeps a number on one line; the spaces stand between the words before it.
    "tel-non-breaking": "off",
  },
});
