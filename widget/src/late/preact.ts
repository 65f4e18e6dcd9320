// In a late part build.js puts this in place of Preact: the chat's own, which the chat leaves on its element.
import type * as preact from "preact";

export const { h, Component } = (window.needlewise as unknown as { preact: typeof preact }).preact;
