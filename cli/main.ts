import { Command, CommanderError } from "commander";
import { GpuError, UserError } from "../engine/errors/index";
import { version } from "../package.json";
import { declareBench } from "./bench-verbs";
import { lostOutput, outliveConsole } from "./console";
import { aPath, somePaths } from "./paths";
import { declarePrepare } from "./prepare-verb";
import { repeatable } from "./repeatable";

/** Exit codes: 0 done, 1 the program or the GPU failed, 2 the user's input was wrong (one line, no stack trace). */
const FAILED = 1;
const BAD_INPUT = 2;

outliveConsole();
// Not before the end is it known that all got through.
process.on("exit", () => {
  const lost = lostOutput();
  if (lost === null) return;
  console.error(`nsrm: standard output could not take all that was printed: ${lost}`);
  if (!leavesFiles()) process.exitCode ||= FAILED;
});

const program = new Command("nsrm")
  .description("NSRM 2D hand pose estimation, trained from scratch on WebGPU with hand-written kernels")
  .option(
    "--adapter <name>",
    "gpu, lavapipe, swiftshader, or part of an adapter's name (default: NSRM_ADAPTER, else the best)",
  )
  .option("--verbose", "pass on what Dawn and the drivers say of themselves, on stderr")
  .version(version)
  .configureOutput({
    outputError: (text, write) =>
      write(
        `nsrm: ${text
          .replace(/^error: /, "")
          .trim()
          .replace(/\s+/g, " ")} (see --help)\n`,
      ),
  })
  .hook("preAction", async () => {
    if (program.opts<{ verbose?: boolean }>().verbose) (await import("./gpu")).setVerbose();
  })
  .exitOverride();

const adapter = (): string | undefined => program.opts<{ adapter?: string }>().adapter;

program
  .command("doctor")
  .description("adapters found, the one taken and why, its limits and features, and a convolution checked on it")
  .option("--json", "print one JSON object")
  .action(async (options) => (await import("./doctor")).doctor({ ...options, adapter: adapter() }));

program
  .command("train")
  .description("train an experiment")
  .argument("<config>", "experiment file, or the name of one of ours, e.g. LPM_G1", aPath)
  .option("--data <dir>", "dataset folder (imgs/, labels.json, partitions.json); overrides data_root", aPath)
  .addOption(repeatable("--set <key=value>", "override a key of the experiment; dotted for nested keys"))
  .option("--out <dir>", "folder for everything the run makes (default: runs/NAME)", aPath)
  .option("--max-steps <n>", "stop after so many steps in all")
  .option("--seed <n>", "seed of initial weights and order of images")
  .option("--resume", "go on from the run's last checkpoint")
  .option("--other-data", "with --resume: go on even where labels, splits or images have changed since")
  .option("--skip-bad", "leave out images that cannot be read, and count them")
  .option("--json", "print nothing but one JSON object at the end")
  .action(async (config, options) => {
    process.exitCode = await (await import("./train")).trainCommand(config, { ...options, adapter: adapter() });
  });

program
  .command("eval")
  .description("evaluate a checkpoint, or predictions, on a dataset: PCK curve, its area, end-point error by joint")
  .argument(
    "<checkpoint|predictions.json>",
    "a .safetensors checkpoint of a run, or predicted joints by image name",
    aPath,
  )
  .option("--data <dir>", "dataset folder; a checkpoint's own source by default", aPath)
  .option("--split <name>", "train, valid or test", "test")
  .option(
    "--decoders <names>",
    "argmax (the original's), quarter, taylor; a list of them, or all (default: the experiment's)",
  )
  .option("--flip", "average over each image and its mirror image (for networks trained on both hands)")
  .option("--predictions <file>", "write the predicted joints as JSON (the first decoder's)", aPath)
  .option("--skip-bad", "leave out images that cannot be read, and count them")
  .option("--json", "print one JSON object (a list where there are several decoders)")
  .action(async (path, options) => (await import("./eval")).evalCommand(path, { ...options, adapter: adapter() }));

program
  .command("infer")
  .description("find the hand in a photo, in each image of a folder, or through the frames of a video")
  .argument("<checkpoint>", "a .safetensors checkpoint of a run", aPath)
  .argument("<image|folder>", ".jpg, .png or .webp; turned upright as EXIF says", aPath)
  .option("--bbox <x,y,w,h>", "tight box around the hand in pixels (default: the whole image)")
  .option("--out <dir>", "folder for keypoints.json and pictures (default: inferred; none with --json)", aPath)
  .option("--json", "print one JSON object: joints [x, y] in the image's pixels and their confidence, by image")
  .option("--heatmaps", "draw the confidence maps too")
  .option("--masks", "draw the limb masks too")
  .option("--track", "the folder holds frames of a video in order: follow the hand, smooth its joints")
  .option("--fps <n>", "frames a second, for --track", "30")
  .option("--decoder <name>", "argmax (the original's), quarter or taylor", "taylor")
  .option("--flip", "average over each image and its mirror image (for networks trained on both hands)")
  .option("--skip-bad", "leave out images that cannot be read, and say so")
  .action(async (checkpoint, path, options) =>
    (await import("./infer")).inferCommand(checkpoint, path, { ...options, adapter: adapter() }),
  );

program
  .command("masks")
  .description("draw a photo's confidence maps and limb masks in one labelled sheet")
  .requiredOption("--data <dir>", "dataset folder", aPath)
  .option("--image <name>", "image (default: the first of the train split)")
  .requiredOption("--out <file.png>", "picture to write", aPath)
  .option("--size <pixels>", "input size whose maps are drawn", "368")
  .action(async (options) => (await import("./masks")).masksCommand({ ...options, adapter: adapter() }));

await declarePrepare(program);

program
  .command("synth")
  .description("draw synthetic hands, into a folder to train on")
  .argument("<dir>", "folder to make: imgs/, labels.json, partitions.json, visibility.json, boxes.json", aPath)
  .option("--count <n>", "hands in all", "1000")
  .option("--size <pixels>", "side of the images", "368")
  .option("--seed <n>", "the same seed draws the same hands", "0")
  .option("--split <train/valid/test>", "percentages", "80/10/10")
  .option(
    "--poses <range>",
    "simple (upright, fingers half bent at most) or full (any turn, fists, blur, noise)",
    "full",
  )
  .option("--json", "print nothing but one JSON object at the end")
  .action(async (target, options) => {
    process.exitCode = await (await import("./synth")).synthCommand(target, { ...options, adapter: adapter() });
  });

program
  .command("import")
  .description("turn weights of PyTorch (.pth) or safetensors into a checkpoint, or VGG19's into a backbone")
  .argument("<file>", "a state dict of torch.save, alone or in a training checkpoint, or a safetensors file", aPath)
  .argument("<out.safetensors>", "file to write, for eval, infer, export and train --set init=...", aPath)
  .option("--pick <place>", "which network, where the file holds several, e.g. state_dict")
  .addOption(repeatable("--set <key=value>", "a key of the experiment that weights do not tell, e.g. image_size"))
  .option("--json", "print one JSON object")
  .action(async (path, out, options) => (await import("./import")).importCommand(path, out, options));

program
  .command("export")
  .description(
    "write a checkpoint's weights for other programs: an ONNX model, a PyTorch state dict, plain safetensors",
  )
  .argument("<checkpoint>", "a .safetensors checkpoint of a run", aPath)
  .requiredOption("--format <name>", "onnx, torch or safetensors")
  .option("--out <file>", "file to write (default: beside the checkpoint)", aPath)
  .option("--batch <n>", "onnx: images at once, or dynamic (default)")
  .option("--size <pixels>", "onnx: image side, HEIGHTxWIDTH, or dynamic (default: the checkpoint's image size)")
  .option("--stages <which>", "onnx: outputs of the last stages (default) or of all")
  .option("--sigmoid", "onnx: limb masks from 0 to 1 instead of logits")
  .option("--decode", "onnx: joints and their confidence too")
  .action(async (checkpoint, options) => (await import("./export")).exportCommand(checkpoint, options));

program
  .command("verify")
  .description("replay a fixture made by PyTorch and compare numbers (layout: docs/fixtures.md)")
  .argument("<file.safetensors>", "model, trajectory or masks fixture", aPath)
  .option("--dump <out.safetensors>", "write our own outputs and gradients", aPath)
  .option("--json", "print one JSON object")
  .action(async (path, options) => {
    process.exitCode = await (await import("./verify")).verifyCommand(path, { ...options, adapter: adapter() });
  });

program
  .command("report")
  .description("write the report of a run, or of several side by side, as one HTML file")
  .argument("<run...>", "folders of runs", somePaths)
  .option("--out <file.html>", "where to (default: report.html in the run's folder; of several, here)", aPath)
  .action(async (runs, options) => (await import("./report")).reportCommand(runs, options));

program
  .command("study")
  .description("the paper's comparison: CPM, LDM and LPM, G1 and G1&6, same data, same budget, several seeds")
  .option(
    "--config <file>",
    "experiment that all runs share: a file, or the name of one of ours",
    aPath,
    "configs/study.json",
  )
  .option("--data <dir>", "dataset folder (default: synthetic hands)", aPath)
  .addOption(repeatable("--set <key=value>", "override a key for all runs"))
  .option("--steps <n>", "steps of each run", "1000")
  .option("--seeds <n>", "seeds of each experiment", "3")
  .addOption(repeatable("--only <name>", "an experiment: CPM, LDM-G1, LDM-G1&6, LPM-G1 or LPM-G1&6"))
  .option("--out <dir>", "folder of the runs and the table", aPath, "runs/study")
  .action(async (options) => {
    process.exitCode = await (await import("./study")).studyCommand({ ...options, adapter: adapter() });
  });

program
  .command("tune")
  .description(
    "measure the convolution kernels for an experiment's shapes on this adapter, and keep the best for train (in the folder NSRM_TUNING, else in the user's cache)",
  )
  .argument("[config]", "experiment file, or the name of one of ours", aPath, "configs/LPM_G1.json")
  .addOption(repeatable("--set <key=value>", "override a key of the experiment"))
  .option("--layers <name>", "all, or part of a name as bench kernels lists them, e.g. '7x7 128-128'", "all")
  .option("--rounds <n>", "interleaved measurements of each candidate", "5")
  .option("--json", "print one JSON object")
  .action(async (config, options) => (await import("./tune")).tuneCommand(config, { ...options, adapter: adapter() }));

declareBench(program, adapter);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Whether what the command prints is an account for people, its work being in files. */
function leavesFiles(): boolean {
  const verbs = ["train", "study", "infer", "prepare", "synth", "import", "export", "tune"];
  return verbs.includes(program.args[0]) && !process.argv.includes("--json");
}

/** Prints what went wrong, as briefly as it deserves. @returns the exit code */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT; // commander has said it already
  if (error instanceof UserError) {
    console.error(`nsrm: ${error.message}`);
    return BAD_INPUT;
  }
  if (error instanceof GpuError) {
    console.error(`nsrm: ${error.message}`);
    return FAILED;
  }
  console.error(error);
  return FAILED;
}
