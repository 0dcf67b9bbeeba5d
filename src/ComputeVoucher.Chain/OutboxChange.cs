namespace ComputeVoucher.Chain;

/// <summary>A row that moved to another stage, with the receipt where it is mined.</summary>
public sealed record OutboxChange(OutboxItem Item, TransactionReceipt? Receipt);
