package dev.wayferry.proxy.sandbox;

/** How much the process takes from itself. */
public enum SandboxMode {
    /** What this kernel can. */
    AUTO,
    /** All that is promised, or it does not start. */
    STRICT,
    OFF
}
