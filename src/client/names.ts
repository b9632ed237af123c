/** Names of classes and types: a separate entry, since most pages need none. */
export {
  className,
  classToken,
  knownClasses,
  knownTypes,
  measurementName,
  typeName,
  typeToken,
} from '../core/names.ts';
