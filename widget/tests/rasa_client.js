// An ordinary Rasa client, for tests/chat/test_socketio.py: `node rasa_client.js URL EVENTS` connects with the real
// socket.io-client, sends each [event, data] once the server is done with the one before, and prints all that it heard as
// JSON. In data "$session" stands for the confirmed session, "$payload:Title" for the button with that title.
import { io } from "socket.io-client";

const [url, script] = process.argv.slice(2);
const heard = [];
let session = "";
const payloads = {};
const socket = io(url, { reconnection: false });
const fill = (value) => {
  if (value === "$session") return session;
  return typeof value === "string" && value.startsWith("$payload:") ? payloads[value.slice(9)] : value;
};
const steps = JSON.parse(script);

function next() {
  const step = steps.shift();
  if (!step) {
    console.log(JSON.stringify(heard));
    process.exit(0);
  }
  const [event, data] = step;
  // The acknowledgement comes when the server's handler is done, behind all that it said.
  socket.emit(event, data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, fill(value)])), next);
}

socket.on("connect", next);
socket.on("connect_error", (error) => {
  console.log(JSON.stringify([["connect_error", error.message]]));
  process.exit(0);
});
socket.onAny((event, data) => {
  heard.push([event, data]);
  if (event === "session_confirm") session = data;
  for (const { title, payload } of data.quick_replies || []) payloads[title] = payload;
});
