export { deployTo, type PageSettings } from './deployment';
export { serveApi, serveLocalPage } from './serve';
export { readToken } from './token';
