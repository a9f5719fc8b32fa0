// The recorder's page: a canvas as camera, an oscillator as microphone, one connection that sends and one that receives.
// `record.py` drives it. What is drawn is what an expected state is held to, so every picture is made here.

const T = { peers: {}, drawing: "live", at: 0 };
window.T = T;

/** Noise as a camera has it: a few tiles of grey, laid over the picture at another place in every frame. */
function tiles(width, height) {
  return Array.from({ length: 4 }, () => {
    const tile = new OffscreenCanvas(width, height);
    const pen = tile.getContext("2d");
    const image = pen.createImageData(width, height);
    for (let i = 0; i < image.data.length; i += 4) {
      image.data.fill(Math.random() * 255, i, i + 3);
      image.data[i + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
    return tile;
  });
}

/** A person before a wall; `sway` in pixels of a picture 640 wide, `noise` from 0 to 1. */
function person(pen, width, height, sway, noise, blink) {
  const unit = width / 640;
  const wall = pen.createLinearGradient(0, 0, width, height);
  wall.addColorStop(0, "#8d9499");
  wall.addColorStop(1, "#5a6670");
  pen.fillStyle = wall;
  pen.fillRect(0, 0, width, height);
  const x = width / 2 + sway * unit * Math.sin(T.at / 9), y = height / 2 + 0.4 * sway * unit * Math.cos(T.at / 7);
  pen.fillStyle = "#33506b";
  pen.beginPath();
  pen.ellipse(x, height * 1.05, 170 * unit, height * 0.36, 0, 0, 7);
  pen.fill();
  pen.fillStyle = "#c99b7e";
  pen.beginPath();
  pen.ellipse(x, y - height * 0.08, 78 * unit, 100 * unit, 0, 0, 7);
  pen.fill();
  pen.fillStyle = "#2b2320";
  for (const side of [-1, 1]) pen.fillRect(x + (side * 34 - 10) * unit, y - height * 0.1, 20 * unit, (blink ? 2 : 9) * unit);
  const open = 3 + 9 * Math.abs(Math.sin(T.at / (sway > 5 ? 2 : 11)));
  pen.fillRect(x - 22 * unit, y + 25 * unit, 44 * unit, open * unit);
  if (!noise) return;
  pen.globalAlpha = noise;
  pen.drawImage(T.noise[T.at % T.noise.length], Math.random() * 8 - 8, Math.random() * 8 - 8, width + 8, height + 8);
  pen.globalAlpha = 1;
}

function draw() {
  const { pen, width, height } = T;
  if (T.drawing === "black") {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, width, height);
  } else if (T.drawing === "frozen") {
    pen.drawImage(T.still, 0, 0);
  } else {
    T.at += 1;
    if (T.drawing === "live") person(pen, width, height, 26, 0.05, T.at % 70 < 3);
    else person(pen, width, height, 1.5, 0.012, T.at % 80 < 3);
  }
}

T.begin = async ({ width, height, fps, bitrate, encrypted }) => {
  T.end();
  // Who captures may use every address of the machine.
  T.real ??= await navigator.mediaDevices.getUserMedia({ audio: true });
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  Object.assign(T, { canvas, pen, width, height, bitrate, encrypted, drawing: "live", noise: tiles(width, height) });
  draw();
  T.timer = setInterval(draw, 1000 / fps);
  T.context = new AudioContext();
  void T.context.resume();
  const tone = new OscillatorNode(T.context, { frequency: 420 }), swell = new OscillatorNode(T.context, { frequency: 4 });
  const level = new GainNode(T.context, { gain: 0.25 }), depth = new GainNode(T.context, { gain: 0.15 });
  const out = T.context.createMediaStreamDestination();
  swell.connect(depth).connect(level.gain);
  tone.connect(level).connect(out);
  tone.start();
  swell.start();
  T.kept = [tone, swell, level, depth];
  T.video = canvas.captureStream(fps).getVideoTracks()[0];
  T.audio = out.stream.getAudioTracks()[0];
  const worker = `onrtctransform = ({ transformer: { readable, writable } }) => readable.pipeThrough(new TransformStream({
    transform(frame, queue) {
      const longer = new Uint8Array(frame.data.byteLength + 29);
      longer.set(new Uint8Array(frame.data));
      crypto.getRandomValues(longer.subarray(frame.data.byteLength));
      frame.data = longer.buffer;
      queue.enqueue(frame);
    } })).pipeTo(writable);`;
  T.worker = encrypted ? new Worker(URL.createObjectURL(new Blob([worker], { type: "text/javascript" }))) : null;
};

T.answer = async ({ who, sdp }) => {
  let peer = T.peers[who];
  if (!peer) {
    peer = T.peers[who] = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    if (who === "sender") {
      for (const track of [T.audio, T.video]) {
        const sender = peer.addTrack(track, new MediaStream([track]));
        if (T.worker) sender.transform = new RTCRtpScriptTransform(T.worker, {});
      }
    }
  }
  const start = `a=fmtp:96 x-google-start-bitrate=${Math.round(T.bitrate / 1000)}`;
  await peer.setRemoteDescription({ type: "offer", sdp: sdp.replace("a=rtpmap:96 VP8/90000", `$&\r\n${start}`) });
  await peer.setLocalDescription(await peer.createAnswer());
  if (who === "sender") {
    const sender = peer.getSenders().find((one) => one.track === T.video);
    const parameters = sender.getParameters();
    if (parameters.encodings?.[0]) {
      parameters.encodings[0].maxBitrate = T.bitrate;
      await sender.setParameters(parameters);
    }
  }
  return peer.localDescription.sdp;
};

/** What the person does: `picture` live, calm, black, frozen, off (enabled=false) or none; `sound` on, muted or none. */
T.act = async ({ picture, sound }) => {
  const senders = T.peers.sender.getTransceivers().map((one) => one.sender);
  const camera = senders[1], microphone = senders[0];
  T.video.enabled = picture !== "off";
  if (picture === "frozen") {
    T.still = new OffscreenCanvas(T.width, T.height);
    T.drawing = "live";
    draw();
    T.still.getContext("2d").drawImage(T.canvas, 0, 0);
  }
  if (picture !== "off" && picture !== "none") T.drawing = picture;
  await camera.replaceTrack(picture === "none" ? null : T.video);
  T.audio.enabled = sound === "on";
  await microphone.replaceTrack(sound === "none" ? null : T.audio);
  return true;
};

T.end = () => {
  for (const peer of Object.values(T.peers)) peer.close();
  T.peers = {};
  clearInterval(T.timer);
  T.worker?.terminate();
  void T.context?.close();
};
