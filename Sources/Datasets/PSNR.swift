#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// -10 log10(mean squared error / peak^2), in dB. No error is +inf, an error that is no number NaN.
public func psnr(meanSquaredError: Double, peak: Double) -> Double {
    -10 * log10(meanSquaredError / (peak * peak))
}
