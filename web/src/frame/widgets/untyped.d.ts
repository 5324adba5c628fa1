// Widgets that come without types.
declare module "anywidget";
declare module "jupyter-matplotlib";
