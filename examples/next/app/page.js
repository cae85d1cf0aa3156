"use client";
import { useEffect, useRef, useState } from "react";
import { train } from "./train.js";

export default function Page() {
  const canvas = useRef(null);
  const [report, setReport] = useState(null);
  const [outcome, setOutcome] = useState("");

  useEffect(() => {
    const ending = new AbortController();
    const show = (step, picture) => {
      setReport(step);
      if (!picture) return;
      canvas.current.width = picture.width;
      canvas.current.height = picture.height;
      canvas.current.getContext("2d").putImageData(picture, 0, 0);
    };
    train(show, ending.signal).then(
      (stopped) => setOutcome(stopped === "steps" ? "Done." : ""),
      (error) => setOutcome(error.message),
    );
    return () => ending.abort();
  }, []);

  return (
    <>
      <h1>A GAN learns faces</h1>
      <p id="status">
        {report
          ? `Step ${report.step}, ${report.threads} thread(s): discriminator ${report.discriminatorLoss.toFixed(3)}, generator ${report.generatorLoss.toFixed(3)}`
          : "Starting"}
      </p>
      <canvas id="samples" ref={canvas} />
      <p>{outcome}</p>
    </>
  );
}
