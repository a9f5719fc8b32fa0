"""What the tests ask of a page, as JavaScript functions of one argument that give JSON.

They run through the browser's automation protocol, which the content security policy does not bind; nothing of the
product is changed by them except that a page remembers its peer connections and its policy violations.
"""

from __future__ import annotations

from typing import Final

# Before the page's own code: remember every peer connection, report violations of the policy as console errors.
REMEMBER: Final = """() => {
  if (window.__peers) return;
  const Native = window.RTCPeerConnection;
  const peers = [];
  Object.defineProperty(window, "__peers", { value: peers });
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...given) { super(...given); peers.push(this); }
  };
  document.addEventListener("securitypolicyviolation", (e) => {
    console.error(`policy violation: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
  });
}"""

# The mean colour of a video element and how many pictures it has shown; null while it shows none.
PICTURE: Final = """({ selector }) => {
  const video = document.querySelector(selector);
  if (!video || video.readyState < 2 || !video.videoWidth) return null;
  const side = 16;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, side, side);
  const pixels = pen.getImageData(0, 0, side, side).data;
  const sum = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += pixels[i + c];
  const count = side * side;
  return {
    red: sum[0] / count, green: sum[1] / count, blue: sum[2] / count,
    width: video.videoWidth, height: video.videoHeight,
    // Firefox counts a stream's pictures under its own name only.
    frames: video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames,
  };
}"""

# The loudest frequency that a media element's stream carried within some milliseconds, and how loud (dB, 0 is full).
SOUND: Final = """async ({ selector, ms }) => {
  const element = document.querySelector(selector);
  const stream = element && element.srcObject;
  if (!stream || stream.getAudioTracks().length === 0) return null;
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  const source = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
  source.connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  let best = { hertz: 0, db: -200 };
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await new Promise((done) => setTimeout(done, 50));
    analyser.getFloatFrequencyData(bins);
    bins.forEach((db, i) => {
      if (db > best.db) best = { hertz: (i * context.sampleRate) / analyser.fftSize, db };
    });
  }
  await context.close();
  return best;
}"""

# Counters of every live connection, once; the truth of the scripted visits is a list of these.
COUNTERS: Final = """async () => {
  const found = { now: performance.now(), peers: [] };
  for (const peer of window.__peers || []) {
    if (peer.connectionState === "closed") continue;
    const one = { state: peer.connectionState, inbound: {}, outbound: {}, pair: null };
    const report = await peer.getStats();
    // Several pairs may be nominated; Chromium names the one in use on the transport, Firefox on the pair.
    const chosen = [...report.values()].find((stat) => stat.selectedCandidatePairId)?.selectedCandidatePairId;
    for (const stat of report.values()) {
      if (stat.type === "inbound-rtp") {
        one.inbound[stat.kind] = {
          packets: stat.packetsReceived, bytes: stat.bytesReceived, lost: stat.packetsLost,
          frames: stat.framesDecoded ?? null, pictures: stat.framesReceived ?? null, width: stat.frameWidth ?? null,
        };
      } else if (stat.type === "outbound-rtp") {
        one.outbound[stat.kind] = { packets: stat.packetsSent, bytes: stat.bytesSent, frames: stat.framesSent ?? null };
      } else if (stat.type === "transport") {
        one.dtls = stat.dtlsState ?? null;
        one.srtp = stat.srtpCipher ?? null;
      } else if (stat.type === "candidate-pair" && (chosen ? stat.id === chosen : stat.selected)) {
        const local = report.get(stat.localCandidateId), remote = report.get(stat.remoteCandidateId);
        one.pair = {
          local: local && { address: local.address ?? null, port: local.port, type: local.candidateType },
          remote: remote && { address: remote.address ?? null, port: remote.port, type: remote.candidateType },
        };
      }
    }
    found.peers.push(one);
  }
  return found;
}"""

# Start or take a log of the counters, one entry each `ms`, on the page's monotonic clock.
START_LOG: Final = f"""({{ ms }}) => {{
  const read = {COUNTERS};
  window.__log = [];
  clearInterval(window.__logging);
  window.__logging = setInterval(async () => {{ const one = await read(); window.__log.push(one); }}, ms);
}}"""
TAKE_LOG: Final = """() => { const log = window.__log || []; window.__log = []; return log; }"""

# A camera and a microphone of our own for a browser whose fake devices take no file: a canvas and an oscillator.
# They answer as the real ones do: one track of each kind that was asked for, live until stopped.
OWN_DEVICES: Final = """({ hue, hertz }) => {
  const picture = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 640; canvas.height = 480;
    const pen = canvas.getContext("2d");
    const draw = (every) => {
      const blocks = every ? 300 : 8;
      for (let i = 0; i < blocks; i++) {
        const at = every ? i : Math.floor(Math.random() * 300);
        pen.fillStyle = `hsl(${hue} 60% ${35 + Math.random() * 27}%)`;
        pen.fillRect((at % 20) * 32, Math.floor(at / 20) * 32, 32, 32);
      }
    };
    draw(true);
    const track = canvas.captureStream(20).getVideoTracks()[0];
    const timer = setInterval(() => track.readyState === "live" ? draw(false) : clearInterval(timer), 50);
    return track;
  };
  const sound = () => {
    const context = new AudioContext();
    const tone = context.createOscillator(), swell = context.createOscillator();
    const level = context.createGain(), depth = context.createGain();
    tone.frequency.value = hertz; swell.frequency.value = 4;
    level.gain.value = 0.25; depth.gain.value = 0.15;
    swell.connect(depth).connect(level.gain);
    const out = context.createMediaStreamDestination();
    tone.connect(level).connect(out);
    tone.start(); swell.start();
    (window.__sounds ??= []).push(tone, swell, context);  // or Firefox collects them as garbage, and there is silence
    context.resume();
    document.addEventListener("click", () => context.resume());  // a page just loaded may sound after a tap only
    return out.stream.getAudioTracks()[0];
  };
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const real = await native(wanted);          // the permission and the errors stay the browser's own
    return new MediaStream(real.getTracks().map((track) => {
      // The real one lives as long as its stand-in: a page that captures may use every address of the machine.
      const own = track.kind === "video" ? picture() : sound();
      const stop = own.stop.bind(own);
      own.stop = () => { stop(); track.stop(); };
      return own;
    }));
  };
}"""
