/** Which of our kernels: all that can do a convolution, measured and chosen, and the way from the first to the fastest. */

export { measureStory, storyMarkdown } from "./story";
export { choicesOf, type Tuned, tune } from "./tune";
