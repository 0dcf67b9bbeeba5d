namespace ComputeVoucher.Chain.Tests;

/// <summary>Rule sets of mainnet, in order, by the names of ethereum/tests.</summary>
internal enum Fork
{
    Frontier,
    Homestead,
    EIP150,
    EIP158,
    Byzantium,
    Constantinople,
    ConstantinopleFix,
    Istanbul,
    Berlin,
    London,
    Paris,
    Shanghai,
    Cancun,
}
