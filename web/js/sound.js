// Sounds without files: a chime to test the speaker and to call a waiting person, and the loudness of a microphone.
// Shell: it owns one AudioContext, which browsers let sound only after the person has touched the page.

/** @type {AudioContext|null} */
let context = null;

/** @returns {AudioContext} */
function audio() {
  context ??= new AudioContext();
  if (context.state !== "running") void context.resume().catch(() => undefined);
  return context;
}

/** Wake the sound up on the person's first touch, so that a later chime may be heard. */
export function unlock() {
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => audio(), { once: true, passive: true });
  }
}

/** Three soft rising notes. @returns {Promise<void>} resolves when they have sounded */
export async function chime() {
  const ctx = audio();
  const start = ctx.currentTime + 0.05;
  const notes = [392, 523.25, 659.25];
  for (const [at, pitch] of notes.entries()) {
    const tone = ctx.createOscillator();
    const level = ctx.createGain();
    const from = start + at * 0.28;
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0, from);
    level.gain.linearRampToValueAtTime(0.22, from + 0.03);
    level.gain.exponentialRampToValueAtTime(0.0008, from + 0.75);
    tone.connect(level).connect(ctx.destination);
    tone.start(from);
    tone.stop(from + 0.8);
  }
  await new Promise((done) => setTimeout(done, 1500));
}

/**
 * Watch how loud a microphone is, about 20 times a second, until the returned function is called.
 * @param {MediaStreamTrack} track @param {(level: number) => void} onLevel 0 (silence) to 1 (loud), on a perceived scale
 * @returns {() => void}
 */
export function listen(track, onLevel) {
  const ctx = audio();
  const source = ctx.createMediaStreamSource(new MediaStream([track]));
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const wave = new Uint8Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    if (ctx.state !== "running") void ctx.resume().catch(() => undefined);
    analyser.getByteTimeDomainData(wave);
    let sum = 0;
    for (const sample of wave) sum += (sample - 128) ** 2;
    const loudness = Math.sqrt(sum / wave.length) / 128;
    // -60 dB to -10 dB becomes 0 to 1; it falls slower than it rises, so that a word can be seen.
    const level = Math.min(1, Math.max(0, (20 * Math.log10(loudness + 1e-6) + 60) / 50));
    shown = Math.max(level, shown * 0.85);
    onLevel(shown);
  }, 50);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}
