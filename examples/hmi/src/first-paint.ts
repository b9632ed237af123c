// A script of its own in the page's head: runs before the first paint, so that no wrong theme flashes.
import { followTheme } from './theme.ts';

followTheme();
