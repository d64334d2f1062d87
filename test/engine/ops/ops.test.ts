import { suite } from "uvu";
import { everyOp, testOp } from "../../helpers/ops";

const test = suite("ops");
for (const op of everyOp) testOp(test, op);
test.run();
