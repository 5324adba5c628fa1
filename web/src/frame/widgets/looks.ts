// How widgets look: the library's own sheets, then the colours of the cell.
import "font-awesome/css/font-awesome.css";
import "@jupyter-widgets/base/css/index.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "./looks.css";
