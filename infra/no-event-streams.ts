/**
 * Stands in for the part of the SDK that reads event streams when functions are bundled. No operation that the functions
 * use has one, and it is 12 KB in each of them.
 */
const unsupported = (): never => {
  throw new Error('Event streams are not part of this bundle.');
};

export class EventStreamSerde {
  constructor() {
    unsupported();
  }
}

export const eventStreamSerdeProvider = unsupported;
