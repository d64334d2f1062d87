/**
 * Counts the bytes of a device's buffers from outside, by watching createBuffer and destroy, so that every contender's
 * memory is measured by one rule, whatever it says of itself.
 */
export class BufferMeter {
  live = 0;
  peak = 0;
  /** Watches no further buffers; those seen so far still count until they are destroyed. */
  readonly stop: () => void;

  /** Watches buffers that are made from now on. */
  constructor(device: GPUDevice) {
    const original = device.createBuffer;
    const create = original.bind(device);
    this.stop = () => {
      device.createBuffer = original;
    };
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const bytes = descriptor.size;
      this.live += bytes;
      this.peak = Math.max(this.peak, this.live);
      const destroy = buffer.destroy.bind(buffer);
      let destroyed = false;
      buffer.destroy = () => {
        if (!destroyed) this.live -= bytes;
        destroyed = true;
        return destroy();
      };
      return buffer;
    };
  }
}
