/** Names of classes and types: an entry of its own, since most pages need none. */
export {
  className,
  classToken,
  knownClasses,
  knownTypes,
  measurementName,
  typeName,
  typeToken,
} from '../core/names.ts';
