/**
 * A virtual machine without a virtual machine: the VMM's side of vhost-user and the guest's virtio-gpu driver, in one
 * process, with a memory file as guest RAM.
 *
 * <p>{@link dev.wayferry.examples.loopback.LoopbackVmm} is the VMM, with the order of messages and the habits of QEMU
 * 11.1; {@link dev.wayferry.examples.loopback.LoopbackDriver} the driver's queues and fences;
 * {@link dev.wayferry.examples.loopback.LoopbackGpu} what the guest's programs see.
 */
@NullMarked
package dev.wayferry.examples.loopback;

import org.jspecify.annotations.NullMarked;
