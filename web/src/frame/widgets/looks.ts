// How widgets look: the library's own sheets, then the colours of the cell.
import "font-awesome/css/font-awesome.css";
import "@lumino/widgets/style/widget.css";
import "@lumino/widgets/style/tabbar.css";
import "@lumino/widgets/style/tabpanel.css";
import "@jupyter-widgets/base/css/index.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "./looks.css";
