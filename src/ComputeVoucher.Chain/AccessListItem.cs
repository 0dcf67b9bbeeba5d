using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>EIP-2930: an account and slots of its storage that a transaction announces.</summary>
public sealed record AccessListItem(Address Account, Bytes32[] Slots);
