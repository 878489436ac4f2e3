"""The kinds of values of the data libraries."""

from __future__ import annotations

from collections.abc import Mapping

from .kind import Kind

_DESCRIBERS = {
    "pandas_values:describe_frame": ("pandas.DataFrame",),
    "pandas_values:describe_series": ("pandas.Series",),
    "pandas_values:describe_index": ("pandas.Index",),
    "pandas_values:describe_array": ("pandas.api.extensions.ExtensionArray",),
    "pandas_values:describe_groups": ("pandas.core.groupby.groupby.BaseGroupBy",),
    "pandas_values:describe_style": (
        "pandas.io.formats.style.Styler",
        "pandas.core.window.rolling.BaseWindow",
    ),
    "pandas_values:describe_single": (
        "pandas.Timestamp",
        "pandas.Timedelta",
        "pandas.Period",
        "pandas.Interval",
        "pandas.api.typing.NAType",
        "pandas.api.typing.NaTType",
    ),
    "polars_values:describe_frame": ("polars.DataFrame",),
    "polars_values:describe_lazy": ("polars.LazyFrame",),
    "polars_values:describe_series": ("polars.Series",),
    "polars_values:describe_expression": ("polars.Expr",),
    "polars_values:describe_groups": ("polars.dataframe.group_by.GroupBy",),
    "arrow_values:describe_table": ("pyarrow.Table", "pyarrow.RecordBatch"),
    "arrow_values:describe_array": ("pyarrow.Array", "pyarrow.ChunkedArray"),
    "arrow_values:describe_schema": ("pyarrow.Schema",),
    "arrow_values:describe_dataset": ("pyarrow.dataset.Dataset",),
    "arrow_values:describe_single": ("pyarrow.Scalar", "pyarrow.DataType", "pyarrow.Field"),
    "arrays:describe_array": ("numpy.ndarray",),
    "arrays:describe_number": ("numpy.generic",),
    "arrays:describe_dtype": ("numpy.dtype",),
    "tensors:describe_tensor": ("torch.Tensor",),
    "tensors:describe_module": ("torch.nn.Module",),
    "tensors:describe_optimizer": ("torch.optim.Optimizer",),
    "sparse:describe_sparse": ("scipy.sparse.spmatrix", "scipy.sparse.sparray", "scipy.sparse._base._spbase"),
    "grids:describe_dataset": ("xarray.Dataset",),
    "grids:describe_array": ("xarray.DataArray", "xarray.Variable"),
    "grids:describe_tree": ("xarray.DataTree",),
    "maps:describe_frame": ("geopandas.GeoDataFrame",),
    "maps:describe_series": ("geopandas.GeoSeries",),
    "models:describe_model": ("sklearn.base.BaseEstimator",),
    "regressions:describe_results": (
        "statsmodels.base.wrapper.ResultsWrapper",
        "statsmodels.base.model.Results",
    ),
    "regressions:describe_model": ("statsmodels.base.model.Model",),
    "figures:describe_figure": ("matplotlib.figure.FigureBase",),
    "figures:describe_axes": ("matplotlib.axes.Axes",),
    "figures:describe_artist": ("matplotlib.artist.Artist",),
    "figures:describe_grid": ("seaborn.axisgrid._BaseGrid",),
    "charts:describe_plotly": ("plotly.basedatatypes.BaseFigure",),
    "charts:describe_altair": ("altair.utils.schemapi.SchemaBase",),
    "pictures:describe_picture": ("PIL.Image.Image",),
    "lazy:describe_dask_frame": ("dask.dataframe.DataFrame",),
    "lazy:describe_dask_series": ("dask.dataframe.Series", "dask.dataframe.Index"),
    "lazy:describe_dask_array": ("dask.array.Array",),
    "lazy:describe_dask_other": ("dask.bag.Bag", "dask.delayed.Delayed"),
    "lazy:describe_relation": ("duckdb.DuckDBPyRelation",),
}
"""The describers, by module and function in the package ``data``, and the classes whose values they describe."""

# Figures belong to the thread that draws them, and an image may take longer than a value does: each ends by itself.
_HERE = ("figures:", "charts:describe_plotly", "pictures:")

DATA_KINDS: Mapping[str, Kind] = {
    name: Kind(f"{__package__}.data.{at}", here=at.startswith(_HERE))
    for at, names in _DESCRIBERS.items()
    for name in names
}
"""By the public dotted name of the class, such as ``pandas.DataFrame``."""
