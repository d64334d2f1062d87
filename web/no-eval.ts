import { config } from "zod";

// The page's content policy forbids making code at run time, which zod would try as soon as a schema is made: this file
// is imported before any that makes one.
config({ jitless: true });
