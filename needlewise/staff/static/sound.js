// A short sound when somebody has asked to be contacted: only for those who switched it on, in this browser.
"use strict";

{
  const NOTES_HZ = [660, 880];
  const NOTE_SECONDS = 0.18;
  const WANTED = "needlewise.sound";
  // When somebody last asked, as far as this browser knows: of several open tabs only the first one sounds.
  const HEARD = "needlewise.heard";

  const says = document.currentScript.dataset;
  const box = document.getElementById("use-sound");
  const note = document.getElementById("sound-note");
  let audio = null;

  // Browsers keep pages silent until somebody has clicked or typed in them: `resume` waits for that.
  function wake() {
    audio ??= new AudioContext();
    return audio.resume().then(() => {
      note.textContent = "";
    });
  }

  function play() {
    NOTES_HZ.forEach((pitch, place) => {
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      const from = audio.currentTime + place * NOTE_SECONDS;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.2, from);
      loudness.gain.exponentialRampToValueAtTime(0.001, from + NOTE_SECONDS);
      tone.connect(loudness).connect(audio.destination);
      tone.start(from);
      tone.stop(from + NOTE_SECONDS);
    });
  }

  function sound() {
    wake().then(play);
    if (audio.state !== "running") note.textContent = says.silent;
  }

  if (box && window.AudioContext) {
    box.checked = localStorage.getItem(WANTED) === "on";
    box.addEventListener("change", () => {
      localStorage.setItem(WANTED, box.checked ? "on" : "off");
      if (box.checked) sound();
    });
    for (const touch of ["pointerdown", "keydown"]) {
      document.addEventListener(touch, () => box.checked && wake(), { once: true });
    }
    document.addEventListener("newest", (event) => {
      const before = localStorage.getItem(HEARD);
      if (before !== null && event.detail <= Number(before)) return;
      localStorage.setItem(HEARD, String(event.detail));
      // The very first look has nothing to compare with.
      if (before !== null && box.checked) sound();
    });
  } else if (box) {
    box.closest("p").hidden = true;
  }
}
