// Section 6 of PROTOCOL.md and E 3.9, as far as this client meets them.

export const reason = {
  PayloadSize: 100,
  FlagsUnknown: 102,
  ProofUnavailable: 105,
  ChannelUnknown: 110,
  ChannelReleased: 113,
  SequenceUsed: 142,
  SignerWrong: 171,
  MaxUnitsTooLow: 182,
  QueryNonceWrong: 190,
  QueryStale: 191,
  NotOffered: 192,
  OpeningUnknown: 193,
  AckBelowOwed: 200,
  AckNotMonotone: 203,
  OrderUnknown: 210,
  VersionNotSupported: 65282,
};
