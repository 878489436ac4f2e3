// The messages between the panel and its views. Written from panel/protocol.py; a test compares the two.

export type Ready = {
  type: "ready";
  view: string;
};
export type Gone = {
  type: "gone";
  view: string;
};
export type Need = {
  type: "need";
  ids: Array<string>;
};
export type Send = {
  type: "send";
  act: string;
  text: string;
  edits?: string | null;
  names?: Array<string>;
};
export type Stop = {
  type: "stop";
  act: string;
};
export type Decide = {
  type: "decide";
  act: string;
  question: string;
  yes: boolean;
  scope?: "once" | "conversation" | "notebook" | "always";
  arguments?: string | null;
  words?: string;
};
export type Regenerate = {
  type: "regenerate";
  act: string;
  turn: string;
};
export type Fix = {
  type: "fix";
  act: string;
};
export type Complete = {
  type: "complete";
  act: string;
  text: string;
};
export type ShowSent = {
  type: "sent";
  act: string;
  turn: string;
};
export type Keep = {
  type: "keep";
  act: string;
  turn: string;
  answer: number;
};
export type Delete = {
  type: "delete";
  act: string;
  turn: string;
};
export type Clear = {
  type: "clear";
  act: string;
};
export type Undo = {
  type: "undo";
  act: string;
};
export type UseModel = {
  type: "model";
  act: string;
  name: string;
};
export type ListModels = {
  type: "models";
  act: string;
};
export type OpenConversation = {
  type: "conversation";
  act: string;
  name: string;
};
export type Row = [id: string, version: number, stale: boolean, pinned: boolean];
export type Image = {
  type: string;
  buffer: number;
};
export type Other = {
  answer: number;
  model: string;
  blocks: Array<string>;
  reasoning: string;
  text: string;
  foot: string;
};
export type Medium = {
  type: string;
  buffer: number;
  told: string;
};
export type Item = {
  id: string;
  version: number;
  prompt: string;
  images: Array<Image>;
  along: string;
  blocks: Array<string>;
  reasoning: string;
  text: string;
  foot: string;
  kept?: number;
  others?: Array<Other>;
  media?: Array<Medium>;
  kept_media?: number;
};
export type Live = {
  id: string;
  prompt?: string;
  images?: Array<Image>;
  along?: string;
  blocks?: Array<string>;
  reasoning?: string;
  add?: Array<string>;
  keep?: number;
  open?: string;
  think?: string;
  note?: string;
  media?: Array<Medium>;
};
export type Notice = {
  number: number;
  text: string;
  error: boolean;
  undo: boolean;
  act: string | null;
};
export type Question = {
  id: string;
  tool: string;
  origin: string;
  model: string;
  why: string;
  arguments: string;
  proposal: string;
  scopes: Array<string>;
  whole: boolean;
};
export type Head = {
  model: string;
  conversation: string;
  conversations: Array<string>;
  answering: boolean;
  notice: Notice | null;
  question?: Question;
};
export type State = {
  type: "state";
  number: number;
  rows: Array<Row>;
  head: Head;
  items: Array<Item>;
  live?: Live;
};
export type Change = {
  type: "change";
  number: number;
  rows?: Array<Row>;
  head?: Head;
  items?: Array<Item>;
  live?: Live;
};
export type Items = {
  type: "items";
  items: Array<Item>;
};
export type Check = {
  type: "check";
  number: number;
};
export type Ack = {
  type: "ack";
  act: string;
};
export type Models = {
  type: "models";
  models: Array<string>;
};
export type Completions = {
  type: "completions";
  act: string;
  names: Array<string>;
};
export type SentText = {
  type: "sent";
  turn: string;
  text: string;
};
export type Act = Send | Stop | Decide | Regenerate | Fix | Complete | ShowSent | Keep | Delete | Clear | Undo | UseModel | ListModels | OpenConversation;
export type PanelMessage = Ready | Gone | Need | Send | Stop | Decide | Regenerate | Fix | Complete | ShowSent | Keep | Delete | Clear | Undo | UseModel | ListModels | OpenConversation;
export type Told = Models | Completions | SentText;
export type ViewMessage = State | Change | Items | Check | Ack | Models | Completions | SentText;
export type ControlType = "notebook_chat_panel";
