import { suite } from "uvu";
import { ops } from "../../../engine/ops/index";
import { testOp } from "../../helpers/ops";

const test = suite("ops");
for (const op of ops) testOp(test, op);
test.run();
