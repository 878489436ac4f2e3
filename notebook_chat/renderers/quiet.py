"""The looks of what stands beside an answer."""

QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#767676));font-size:85%"
"""The style of what stands beside an answer, in the colors of the front end's theme."""

ALARM = "color:var(--jp-error-color1,var(--vscode-errorForeground,#c62828));font-size:85%"
"""The style of what says that something failed."""
