using System;

namespace ComputeVoucher.Node.Configuration;

/// <summary>When the node redeems by itself.</summary>
/// <param name="Enabled">False: only when waiting would lose units.</param>
/// <param name="KeyFile">Pays the gas.</param>
/// <param name="WeiPerTokenUnit">Worth of a token base unit; 0 is unknown.</param>
/// <param name="GasFactor">Value over gas that is worth a transaction.</param>
/// <param name="AgeMax">Redeem even less after this time.</param>
internal sealed record RedeemOptions(
    bool Enabled, string KeyFile, ulong WeiPerTokenUnit, uint GasFactor, TimeSpan AgeMax);
