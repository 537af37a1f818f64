"""The exact second-order alpha step beside the first-order one."""
from figures import figure
from running import lua_figures


def run():
    return {name.removeprefix("second_order."): figure(value, unit, 4 if unit == "times" else None)
            for name, value, unit in lua_figures("second_order.lua")}
